import { existsSync } from 'node:fs'
import { after, before } from 'node:test'
import type { Browser } from 'playwright-core'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** Why tests with Chromium are skipped, or `false`. */
export const withoutChromium: string | false = executablePath === undefined ? 'chromium is not installed' : false

/** Starts Chromium before the tests of a file, and closes it after them. @returns what gives it to a test. */
export function useChromium(): () => Browser {
  let browser: Browser | undefined
  before(async () => {
    if (executablePath === undefined) return
    const { chromium } = await import('playwright-core')
    // It refuses to run its sandbox as root, and in most containers.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
    browser = await chromium.launch({ executablePath, args })
  })
  after(() => browser?.close())
  return () => browser!
}
