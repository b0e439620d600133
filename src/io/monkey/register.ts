/**
 * Patches all before any module of a program is loaded, so that nothing keeps an original:
 * `node --import gvent/register app.js`, or `--require gvent/register`, or `require('gvent/register')` as the first
 * line. (The latter two load an ES module by `require`, which Node does from 20.19 and 22.12 on.)
 */
import './all.js'
