import { parse } from 'acorn'
import MagicString from 'magic-string'

/**
 * Takes the comments out of a bundle, and writes other characters than those of ASCII as escapes: the engine reads each
 * character before a program starts, and keeps the text in memory, at two bytes a character if there is one of the others.
 */
export const withoutComments = {
  name: 'without-comments',
  renderChunk(code) {
    const text = new MagicString(code)
    const comments = []
    parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      onComment: (_block, _text, start, end) => comments.push([start, end]),
    })
    for (const [start, end] of comments) {
      // The line that says to a shell what runs the file.
      if (code.startsWith('#!', start)) continue
      const isWholeLine =
        /(?:^|\n)[ \t]*$/.test(code.slice(code.lastIndexOf('\n', start) + 1, start)) && code[end] === '\n'
      if (isWholeLine) text.remove(code.lastIndexOf('\n', start) + 1, end + 1)
      else text.remove(start, end)
    }
    const outside = (index) => comments.every(([start, end]) => index < start || index >= end)
    for (const { 0: character, index } of code.matchAll(/[^\0-\x7f]/g)) {
      if (!outside(index)) continue
      text.overwrite(index, index + 1, `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    }
    return { code: text.toString(), map: text.generateMap({ hires: true }) }
  },
}
