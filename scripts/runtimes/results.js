/** Reads the reports of a runtime's test runner, counts the results, and puts them into words. */
import { readFileSync } from 'node:fs'
import { unknown } from './facts.js'

const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

/**
 * The names of the tests in a report for JUnit.
 *
 * @param {string} path of the report; without a file there are none
 */
export function readReport(path) {
  const tests = { passed: [], failed: [], skipped: [] }
  for (const [, attributes, content = ''] of textOf(path).matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([^]*?)<\/testcase>)/g,
  )) {
    const name = decode(/\bname="([^"]*)"/.exec(attributes)?.[1] ?? '')
    if (/<(failure|error)\b/.test(content)) tests.failed.push(name)
    else if (/<skipped\b/.test(content)) tests.skipped.push(name)
    else tests.passed.push(name)
  }
  return tests
}

/** Counts the results of all files in a runtime. */
export class Results {
  files = 0
  done = 0
  passed = 0
  skipped = 0
  failed = 0
  hung = 0
  /** Tests, and whole files, by the reason for which they are exempt. */
  exempt = new Map()
  exemptFiles = new Map()

  constructor(files) {
    this.files = files
  }

  addExempt(reason) {
    this.exempt.set(reason, (this.exempt.get(reason) ?? 0) + 1)
  }

  addExemptFile(reason) {
    this.exemptFiles.set(reason, (this.exemptFiles.get(reason) ?? 0) + 1)
  }

  /** Describes in one line how far the run is. */
  progress() {
    const more = this.failed + this.hung === 0 ? '' : `, ${this.failed} fail, ${this.hung} files do not end`
    return `${this.done} of ${this.files} files, ${this.passed} tests pass, ${sum(this.exempt)} are exempt${more}`
  }

  /** Describes the whole run; the reasons that exempt most tests come first. */
  summary() {
    const run = this.passed + this.failed + sum(this.exempt)
    const reasons = Array.from(new Set([...this.exempt.keys(), ...this.exemptFiles.keys()]))
    const weight = (reason) => (this.exempt.get(reason) ?? 0) + (this.exemptFiles.get(reason) ?? 0)
    const unknowns = (this.exempt.get(unknown) ?? 0) + (this.exemptFiles.get(unknown) ?? 0)
    return [
      `${run} tests of ${this.files - sum(this.exemptFiles)} files ran: ${this.passed} passed, ${this.failed} failed, ` +
        `${sum(this.exempt)} are exempt; ${this.skipped} more were skipped`,
      ...(this.hung === 0 ? [] : [`${this.hung} files did not end`]),
      `${sum(this.exemptFiles)} whole files are exempt; ${unknowns} for a reason that is not known`,
      ...reasons
        .sort((one, other) => weight(other) - weight(one))
        .map((reason) => `  ${this.weightInWords(reason)}: ${reason}`),
    ].join('\n')
  }

  weightInWords(reason) {
    const tests = this.exempt.get(reason) ?? 0
    const files = this.exemptFiles.get(reason) ?? 0
    const words = []
    if (tests > 0) words.push(`${tests} ${tests === 1 ? 'test' : 'tests'}`)
    if (files > 0) words.push(`${files} ${files === 1 ? 'file' : 'files'}`)
    return words.join(' and ')
  }
}

function sum(counts) {
  return Array.from(counts.values()).reduce((total, count) => total + count, 0)
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function decode(text) {
  return text.replaceAll(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? entity
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
  })
}
