import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError, help, parseOptions } from '#examples/fetcher/options'

test('arguments are URLs, and everything has a sensible default', () => {
  assert.deepEqual(parseOptions(['http://a/', 'http://b/']), {
    urls: ['http://a/', 'http://b/'],
    files: [],
    concurrency: 10,
    timeout: 30_000,
    retries: 0,
    rate: Infinity,
    output: undefined,
    json: false,
    raw: false,
    sync: false,
    help: false,
  })
})

test('every option is understood, before and after the URLs', () => {
  const options = parseOptions(
    '--concurrency 3 http://a/ --timeout=2s --retries 4 --rate 0.5 --output dir --json --raw --sync -h'.split(' '),
  )
  assert.deepEqual(options, {
    urls: ['http://a/'],
    files: [],
    concurrency: 3,
    timeout: 2000,
    retries: 4,
    rate: 0.5,
    output: 'dir',
    json: true,
    raw: true,
    sync: true,
    help: true,
  })
})

test('a time is in milliseconds unless it has a unit', () => {
  const timeout = (text: string): number => parseOptions(['--timeout', text]).timeout
  assert.deepEqual(['250', '250ms', '1.5s', '2m'].map(timeout), [250, 250, 1500, 120_000])
})

test('standard input is read for a dash, for --file -, and when no URL is given; once', () => {
  assert.deepEqual(parseOptions(['--json']).files, ['-'])
  assert.deepEqual(parseOptions(['http://a/', '-', '--file', 'list', '--file', '-']).files, ['list', '-'])
})

test('what follows two dashes is a URL even if it looks like an option', () => {
  assert.deepEqual(parseOptions(['--', '--json']).urls, ['--json'])
})

const mistakes: [args: string, message: RegExp][] = [
  ['--jsom', /^there is no option --jsom; did you mean --json\?$/],
  ['--parallel 3', /^there is no option --parallel$/],
  ['-x', /^there is no option -x$/],
  ['--no-json', /^there is no option --no-json/],
  ['--json=yes', /^--json takes no value, got "yes"/],
  ['--file', /^--file needs a value: --file urls\.txt$/],
  ['--output=', /^--output needs a value/],
  ['--concurrency 0', /^--concurrency must be a whole number from 1 on, got "0"$/],
  ['--concurrency 2.5', /^--concurrency must be a whole number/],
  ['--concurrency many', /got "many"/],
  ['--concurrency 1e3', /got "1e3"/],
  ['--retries -1', /^--retries must be a whole number from 0 on, got "-1"$/],
  ['--rate 0', /^--rate must be a number greater than 0, got "0"$/],
  ['--rate fast', /got "fast"/],
  ['--timeout 0', /^--timeout must be a time greater than 0 such as 500ms, 30s or 2m, got "0"$/],
  ['--timeout 5h', /got "5h"/],
]
for (const [args, message] of mistakes) {
  test(`${args} is refused with a reason`, () => {
    assert.throws(() => parseOptions(args.split(' ')), { constructor: UsageError, message })
  })
}

test('the help names every option and fits a terminal of 80 columns', () => {
  for (const option of 'file concurrency timeout retries rate output raw json sync help'.split(' ')) {
    assert.match(help, new RegExp(`^  --${option}\\b`, 'm'))
  }
  assert.deepEqual(
    help.split('\n').filter((line) => line.length > 80),
    [],
  )
})
