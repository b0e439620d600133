import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutProcesses as skip } from '../io/program.js'
import { gvent, withThreadsAndCluster } from '../console/programs.js'

test('ps, dump and top show worker threads and the workers of a cluster together', { skip }, async () => {
  await withThreadsAndCluster(async (pid, worker) => {
    const listed = await gvent('ps', '--json')
    const pids = listed.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { pid: number }).pid)
    assert.ok(pids.includes(pid), listed.stdout)
    assert.ok(pids.includes(worker), listed.stdout)

    const dumped = await gvent('dump', '--no-signal', pid)
    assert.deepEqual({ code: dumped.code, stderr: dumped.stderr }, { code: 0, stderr: '' })
    assert.match(dumped.stdout, new RegExp(`^${pid}, .*\n<Greenlet #1 "inPrimary" waiting for sleep`))
    assert.match(dumped.stdout, /\n\n\[worker \d+\].*1 greenlet alive\n<Greenlet #1 "inThread" waiting for sleep/)
    assert.match(dumped.stdout, /\n\[cluster worker\] .*\n<Greenlet #1 "inClusterWorker" waiting for sleep/)

    const seen = await gvent('top', '--once', '--no-signal', pid)
    assert.deepEqual({ code: seen.code, stderr: seen.stderr }, { code: 0, stderr: '' })
    const [main, thread, other] = seen.stdout.split(/\n(?=gvent top )/)
    assert.match(main!, new RegExp(`^gvent top ${pid}  node [\\d.]+  up .*\n(?:.*\n)*inPrimary +1 `))
    assert.match(thread!, new RegExp(`^gvent top ${pid}  worker thread \\d+  node (?:.*\n)*inThread +1 `))
    assert.match(other!, new RegExp(`^gvent top ${worker}  node (?:.*\n)*inClusterWorker +1 `))

    const { stdout } = await gvent('top', '--once', '--json', '--no-signal', pid)
    const reading = JSON.parse(stdout) as { pid: number; threads: { pid: number; groups: { name: string }[] }[] }
    assert.equal(reading.pid, pid)
    assert.deepEqual(
      reading.threads.map((each) => [each.pid, each.groups[0]!.name]),
      [
        [pid, 'inThread'],
        [worker, 'inClusterWorker'],
      ],
    )
  })
})
