import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProgram, withoutProcesses as skip } from '../io/program.js'
import { gvent, threadsAndCluster } from '../console/programs.js'

async function withThreadsAndCluster(check: (pid: number, worker: number) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-test-'))
  const program = join(folder, 'program.mjs')
  await writeFile(program, threadsAndCluster)
  const { child, printed } = startProgram([program], { GVENT_CONSOLE: join(folder, 'console.sock') })
  let text = ''
  child.stdout!.on('data', (chunk: string) => (text += chunk))
  try {
    await printed('.\n')
    await check(child.pid!, Number(/ready (\d+) /.exec(text)![1]))
  } finally {
    const worker = /ready (\d+) /.exec(text)?.[1]
    if (worker !== undefined) process.kill(Number(worker), 'SIGKILL')
    child.kill('SIGKILL')
    await once(child, 'close')
    await rm(folder, { recursive: true })
  }
}

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
    for (const name of ['inPrimary', 'inThread', 'inClusterWorker'])
      assert.match(dumped.stdout, new RegExp(`"${name}" waiting for sleep`))

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
