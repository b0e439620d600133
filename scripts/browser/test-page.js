import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { endGroup } from '../runtimes/processes.js'

/**
 * A page of a browser that does work when it is asked to. It posts the result of the last one, and gets the next one in the
 * answer (runner.js), so it needs no protocol of any browser. One that hangs or crashes is started anew for the next.
 */
export class TestPage {
  #start
  #process
  #waiting
  #work
  #settle

  /**
   * @param {(profile: string) => import('node:child_process').ChildProcess} start opens the page
   * @param {string} folder for its profiles
   */
  constructor(start, folder) {
    this.#start = () => start(mkdtempSync(join(folder, 'profile-')))
  }

  /** Has the page do some work. @returns its result; rejects after `limit` milliseconds, and when the browser ends. */
  async ask(work, limit) {
    if (this.#process === undefined) this.#open()
    const answered = new Promise((resolve) => (this.#settle = resolve))
    const timer = setTimeout(() => this.#fail(`did not end in ${limit / 1000} s`), limit)
    this.#work = work
    this.#hand()
    const { error, results } = await answered
    clearTimeout(timer)
    if (error !== undefined) throw new Error(error)
    return results
  }

  /** Answers the page, when there is more to do. */
  answer(result, response) {
    this.#waiting = response
    if (this.#work !== undefined && result.number === this.#work.number) this.#finish(result)
    this.#hand()
  }

  close() {
    const browser = this.#process
    this.#process = undefined
    this.#waiting = undefined
    // Its processes are a group, of which some may outlast the first.
    if (browser !== undefined) endGroup(browser.pid)
  }

  #open() {
    const browser = this.#start()
    this.#process = browser
    browser.once('exit', (code, signal) => {
      if (this.#process === browser)
        this.#fail(`the browser has ended ${signal === null ? `with ${code}` : `by ${signal}`}`)
    })
  }

  #fail(error) {
    this.close()
    this.#finish({ error })
  }

  #finish(result) {
    this.#work = undefined
    this.#settle?.(result)
  }

  #hand() {
    if (this.#work === undefined || this.#waiting === undefined) return
    this.#waiting.end(JSON.stringify(this.#work))
    this.#waiting = undefined
  }
}
