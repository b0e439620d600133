import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withPlainKill } from '../io/program.js'
import { forwardTo } from './faults/forwarder.js'
import { LOCK_LEASE, lockEngines } from './faults/lock-engines.js'

const program = fileURLToPath(new URL('faults/lock-worker.js', import.meta.url))
/** They take half a minute, and processes that were stopped and killed have made the end of Node 20 spin. */
const skipped = process.env['GVENT_LOCK_FAULTS'] === undefined ? 'npm run test:lock-faults runs it' : false
/** How long nobody may get the lock. */
const PATIENCE = 60_000

for (const [name, engine] of Object.entries(lockEngines)) {
  test(
    `a lock on ${name} goes on, and no write of an old permit is taken, whatever is done to those who share it`,
    { skip: skipped || engine.without, timeout: 300_000 },
    async (context) => {
      const server = await engine.start()
      const forwarder = await forwardTo(server.port)
      const workers: ChildProcess[] = []
      const fences: number[] = []
      // What a store does that checks the fencing number.
      let highest = 0
      let taken = 0
      let refused = 0
      let lost = 0
      let isOver = false

      function start(place: number): void {
        const args = [program, name, String(forwarder.port)]
        const child = withPlainKill(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
        workers[place] = child
        createInterface({ input: child.stdout }).on('line', (line) => {
          const [event, number] = line.split(' ') as [string, string]
          const fence = Number(number)
          if (event === 'got') fences.push(fence)
          else if (event === 'lost') lost++
          else if (event === 'write') {
            if (fence < highest) refused++
            else taken++
            highest = Math.max(highest, fence)
          }
        })
        child.on('exit', () => {
          if (!isOver) start(place)
        })
      }

      /** Waits until the lock was had so many times more. */
      async function progress(times: number): Promise<void> {
        const goal = fences.length + times
        for (const end = performance.now() + PATIENCE; fences.length < goal; await pause(10)) {
          assert.ok(performance.now() < end, `the lock was had ${fences.length} times, and nobody gets it any more`)
        }
      }

      try {
        for (let place = 0; place < 3; place++) start(place)
        await progress(10)
        for (const child of workers) {
          child.kill('SIGKILL')
          await progress(3)
        }
        for (const child of [...workers]) {
          child.kill('SIGSTOP')
          await pause(1.5 * LOCK_LEASE)
          await progress(3)
          child.kill('SIGCONT')
          await progress(3)
        }
        forwarder.cut()
        await pause(1.5 * LOCK_LEASE)
        forwarder.heal()
        await progress(3)
        await server.restart()
        await progress(3)
      } finally {
        isOver = true
        const ended = workers.map(async (child) => child.exitCode ?? child.signalCode ?? once(child, 'exit'))
        for (const child of workers) child.kill('SIGKILL')
        await Promise.all(ended)
        await forwarder.stop()
        await server.stop()
      }
      context.diagnostic(`${fences.length} permits, ${lost} lost, ${taken} writes taken, ${refused} refused`)
      assert.equal(new Set(fences).size, fences.length, 'a fencing number was given twice')
    },
  )
}
