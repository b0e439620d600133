import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthWarnings } from '#console/growth'
import type { Snapshot } from '#io/observing/snapshot'

/** Snapshots, a second apart, of a group and a queue with so many members. */
function snapshots(alive: number[], sizes: (number | undefined)[] = alive.map(() => undefined)): Snapshot[] {
  return alive.map((count, index) => {
    const group = { key: 'subscriber#1', name: 'subscriber', place: 'feed.ts:41', alive: count }
    const queue = { id: 7, kind: 'Queue', name: 'Queue "jobs"', waiting: 0, stats: { size: sizes[index]! } }
    return { time: index * 1000, groups: [group], things: sizes[index] === undefined ? [] : [queue] } as never
  })
}

const codes = (found: Snapshot[]): string[] => growthWarnings(found).map(({ code }) => code)
const rising = Array.from({ length: 10 }, (_, index) => index * 5)
const dipped = rising.map((count, index) => (index === 5 ? 1 : count))
const steady = rising.map(() => 5)

test('a group that only grows is a warning, with the place and how much', () => {
  assert.deepEqual(growthWarnings(snapshots(rising)), [
    { code: 'GVENT_GROUP_GROWS', text: 'subscriber only grows: 45 alive, 45 more in 9 s   (feed.ts:41)', ids: [] },
  ])
})

test('one that shrank once, grows little, or was looked at too seldom is none', () => {
  assert.deepEqual(codes(snapshots(dipped)), [])
  assert.deepEqual(codes(snapshots(rising.map((count) => count / 5))), [])
  assert.deepEqual(codes(snapshots(rising.slice(0, 9))), [])
  assert.deepEqual(codes(snapshots(steady)), [])
})

test('a queue that only grows is a warning', () => {
  assert.deepEqual(growthWarnings(snapshots(steady, rising)), [
    { code: 'GVENT_QUEUE_GROWS', text: 'Queue "jobs" only grows: 45 items, 45 more in 9 s', ids: [] },
  ])
})

test('a queue from which somebody takes is none, nor one that is full, nor one that was not there before', () => {
  assert.deepEqual(codes(snapshots(steady, dipped)), [])
  assert.deepEqual(codes(snapshots(steady, steady)), [])
  assert.deepEqual(codes(snapshots(steady, [undefined, ...rising.slice(1)])), [])
})
