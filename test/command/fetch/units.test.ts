import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileNames } from '#command/fetch/output/file-names'
import { count, duration, size } from '#command/fetch/report/units'

test('durations are readable at any size', () => {
  const times = [0, 4.6, 99.4, 99.6, 712, 99_994, 99_996, 200_000, 3_600_000]
  assert.deepEqual(times.map(duration), [
    ...['0 ms', '5 ms', '99 ms', '0.10 s', '0.71 s', '99.99 s', '1 min 40 s', '3 min 20 s', '60 min 0 s'],
  ])
})

test('sizes are readable at any size', () => {
  const sizes = [0, 1, 999, 1000, 999_949, 999_950, 1_500_000, 2e12]
  assert.deepEqual(sizes.map(size), [
    ...['0 bytes', '1 byte', '999 bytes', '1.0 kB', '999.9 kB', '1.0 MB', '1.5 MB', '2000.0 GB'],
  ])
})

test('large counts have marks', () => {
  assert.equal(count(10_000), '10,000')
})

/** The files of some URLs in a folder, by the name of the page, on a system. */
function filesOn(platform: string, urls: readonly string[]): string[] {
  const own = Object.getOwnPropertyDescriptor(process, 'platform')!
  Object.defineProperty(process, 'platform', { ...own, value: platform })
  try {
    const names = new FileNames('{path}')
    return urls.map((url, index) =>
      names.pathFor({ number: index + 1, url, options: undefined, mistake: undefined }, new URL(url)),
    )
  } finally {
    Object.defineProperty(process, 'platform', own)
  }
}

test('two pages have two files, where names in capitals are the same', () => {
  const urls = [
    'http://h/Read',
    'http://h/read',
    'http://h/SUB/a',
    'http://h/sub/a',
    'http://h/%C3%84',
    'http://h/a%CC%88',
  ]
  assert.deepEqual(filesOn('linux', urls), ['Read', 'read', 'SUB/a', 'sub/a', '\u00c4', 'a\u0308'])
  for (const system of ['win32', 'darwin']) {
    const files = filesOn(system, urls)
    const seen = new Set(files.map((file) => file.normalize().toLowerCase()))
    assert.equal(seen.size, urls.length, files.join(', '))
  }
})

test('a file has no dot at its end, which Windows leaves out', () => {
  assert.deepEqual(filesOn('win32', ['http://h/page', 'http://h/page.']), ['page', 'page_'])
})
