import assert from 'node:assert/strict'

/** What `work` rejects with, for comparing the very object. */
export function reasonOf(work: PromiseLike<unknown>): PromiseLike<unknown> {
  return work.then(
    (value) => assert.fail(`nothing was raised; the value is ${String(value)}`),
    (reason: unknown) => reason,
  )
}
