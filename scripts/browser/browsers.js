/**
 * The browsers that are known here, each with the places where Debian puts it, and how it is started without a window.
 * None reaches anything but loopback: all else goes to a proxy that does not exist.
 */
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const browsers = {
  chromium: {
    package: 'chromium',
    places: ['/usr/bin/chromium', '/usr/bin/chromium-browser'],
    start: (path, profile, address) =>
      start(path, [
        '--headless=new',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--no-first-run',
        '--proxy-server=127.0.0.1:9',
        '--proxy-bypass-list=127.0.0.1',
        '--js-flags=--expose-gc',
        `--user-data-dir=${profile}`,
        address,
      ]),
  },
  firefox: {
    package: 'firefox-esr',
    places: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    start(path, profile, address) {
      const lines = Object.entries(preferences).map(
        (each) => `user_pref(${each.map((part) => JSON.stringify(part))})\n`,
      )
      writeFileSync(join(profile, 'user.js'), lines.join(''))
      return start(path, ['--headless', '--no-remote', '--profile', profile, address])
    },
  },
}

const preferences = {
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  // A page that computes for ten seconds is no page to be stopped.
  'dom.max_script_run_time': 0,
  'toolkit.startup.max_resumed_crashes': -1,
}

/** Where a browser is installed, or undefined. */
export function find({ places }) {
  return places.find((path) => existsSync(path))
}

// A group of its own, so that all processes of a browser end with it.
function start(path, args) {
  return spawn(path, args, { detached: true, stdio: ['ignore', 'ignore', 'ignore'] })
}
