import { expandTemplate } from './template.js'
import { Failure, checkUrl } from '../requests/failure.js'

/** The options of a line, besides its URL. */
export interface TargetOptions {
  /** The name for its file. */
  readonly name?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly data?: string
  readonly json?: string
  readonly user?: string
  readonly checksum?: string
}

/** A URL to fetch. */
export interface Target {
  /** Its place in the list, from 1 on. */
  readonly number: number
  /** Without name and password. */
  readonly url: string
  readonly options: TargetOptions | undefined
  /** Why it cannot be fetched. */
  readonly mistake: Failure | undefined
}

/** A line of a list, before its templates are expanded. */
interface Line {
  readonly url: string
  readonly options?: TargetOptions | undefined
  readonly mistake?: Failure
}

/** The targets that a line of a list stands for; none for an empty line and a comment. */
export function* targetsOf(text: string, firstNumber: number): Generator<Target, void, undefined> {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.startsWith('#')) return
  const line = trimmed.startsWith('{"') || trimmed.startsWith('{ ') ? parseJson(trimmed) : parseColumns(trimmed)
  let number = firstNumber
  for (const url of expandTemplate(line.url)) yield makeTarget(number++, url, line)
}

function makeTarget(number: number, text: string, { options, mistake }: Line): Target {
  if (mistake !== undefined) return { number, url: text, options, mistake }
  try {
    const url = checkUrl(text)
    if (url.username === '' && url.password === '') return { number, url: text, options, mistake: undefined }
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    url.username = url.password = ''
    return { number, url: url.href, options: { user, ...options }, mistake: undefined }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { number, url: withoutCredentials(text), options, mistake: error }
  }
}

/** Removes credentials, also from a text that is no URL. */
function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/, '//')
}

const TEXTS = ['name', 'method', 'data', 'user', 'checksum'] as const

function parseJson(text: string): Line {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(text) as Record<string, unknown>
  } catch (error) {
    return invalid(text, `the line is not JSON: ${(error as Error).message}`)
  }
  const { url, headers, json } = value
  if (typeof url !== 'string') return invalid(text, 'the line has no "url"')
  const options: Record<string, unknown> = {}
  for (const [key, each] of Object.entries(value)) {
    if (key === 'url' || each === undefined || each === null) continue
    if (key === 'json') options['json'] = JSON.stringify(json)
    else if (key === 'headers') {
      if (typeof headers !== 'object' || Array.isArray(headers)) return invalid(url, '"headers" must be an object')
      options['headers'] = Object.fromEntries(Object.entries(headers!).map(([name, one]) => [name, String(one)]))
    } else if (!(TEXTS as readonly string[]).includes(key))
      return invalid(url, `the line has an unknown ${JSON.stringify(key)}`)
    else options[key] = typeof each === 'string' ? each : JSON.stringify(each)
  }
  return { url, options }
}

function parseColumns(text: string): Line {
  const [url = '', ...columns] = text.split('\t')
  if (columns.length === 0) return { url }
  const options: Record<string, unknown> = {}
  const headers: Record<string, string> = {}
  for (const [index, column] of columns.entries()) {
    const [, key, value = ''] = /^([a-z]+)=(.*)$/.exec(column) ?? []
    if (key === 'json' || (key !== undefined && (TEXTS as readonly string[]).includes(key))) options[key] = value
    else if (key === 'header') {
      const colon = value.indexOf(':')
      headers[value.slice(0, colon).trim()] = value.slice(colon + 1).trim()
    } else if (index === 0) {
      if (column !== '') options['name'] = column
    } else return invalid(url, `the line has a column that is not an option: ${JSON.stringify(column)}`)
  }
  return { url, options: Object.keys(headers).length === 0 ? options : { ...options, headers } }
}

function invalid(url: string, message: string): Line {
  return { url, mistake: new Failure('INVALID_LINE', message) }
}
