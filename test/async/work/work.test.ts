import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import 'gvent/monkey/all'
import { hub, idle } from 'gvent'
import { importLowered } from '../import-lowered.js'
import { jobTakers } from './job-takers.js'
import { schedulerTakers } from './scheduler-takers.js'
import { serverTakers } from './server-takers.js'
import type { Taker } from './taker.js'
import * as native from './work.js'

type Program = typeof native

const forms: readonly (readonly [name: string, program: Program])[] = [
  ['native', native],
  ['lowered by gvent', await importLowered<Program>(new URL('work.js', import.meta.url), 'gvent')],
  ['lowered by esbuild', await importLowered<Program>(new URL('work.js', import.meta.url), 'esbuild')],
]

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const reports: unknown[] = []
const unhandled = (error: unknown): void => void reports.push(error)

let onError: typeof hub.onError
before(() => {
  ;({ onError } = hub)
  hub.onError = unhandled
  process.on('unhandledRejection', unhandled)
})
after(() => {
  hub.onError = onError
  process.off('unhandledRejection', unhandled)
})
beforeEach(() => {
  reports.length = 0
})

async function seen(program: Program, line: string): Promise<void> {
  for (let turns = 0; !program.log.includes(line); turns++) {
    assert.ok(turns < 100_000, `${line} was never seen, but ${program.log.join()}`)
    await turn()
  }
}

/** So many turns, and every report has come. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await idle()
}

for (const [form, program] of forms) {
  describe(`an async function, ${form}`, () => {
    beforeEach(() => {
      program.log.length = 0
    })
    for (const taker of [...schedulerTakers, ...serverTakers, ...jobTakers]) {
      test(`${taker.name}: gives its value`, () => gives(taker, program))
      test(`${taker.name}: raises its error once`, () => fails(taker, program))
      if (taker.isShielded) continue
      test(`${taker.name}: is ended`, () => ends(taker, program, form !== 'native' && taker.isKilled !== false))
    }
  })
}

async function gives(taker: Taker, program: Program): Promise<void> {
  program.answer.make = taker.answer ?? (() => 7)
  const { result, end } = await taker.begin(program.gives)
  assert.equal(await result, 7)
  await end()
  await settle()
  assert.deepEqual(program.log, ['begun'])
  assert.deepEqual(reports, [])
}

async function fails(taker: Taker, program: Program): Promise<void> {
  const { result, end } = await taker.begin(program.fails)
  if (taker.errors === 'reported') {
    await result
    await settle()
    assert.deepEqual(reports.map(String), ['Error: failed'])
  } else {
    await assert.rejects(async () => result, { message: 'failed' })
    await settle()
    assert.deepEqual(reports, [])
  }
  await end()
  assert.deepEqual(program.log, ['begun'])
}

async function ends(taker: Taker, program: Program, isKilled: boolean): Promise<void> {
  const { result, end } = await taker.begin(program.waits)
  const ending = Promise.resolve(result).catch(() => undefined)
  await seen(program, 'begun')
  await end()
  await ending
  if (isKilled) {
    if (taker.cleansLater) await seen(program, 'is clean')
    const all = ['begun', 'inner cleans up', 'inner is clean', 'cleans up', 'is clean']
    assert.deepEqual(program.log, all)
  }
  await settle()
  assert.deepEqual(reports, [])
  // What was let go, and not killed.
  program.release()
  await settle()
}
