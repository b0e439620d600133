import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startRedis, withoutRedis } from '../ecosystem/redis-server.js'
import { freePort } from '../io/servers/server-program.js'
import { startProgram } from '../io/program.js'
import { Folder, startWorker } from '../command/worker/worker-program.js'
import { root } from './pages.js'

const page = await readFile(join(root, 'docs', 'growing.md'), 'utf8')
const blocks = (language: string): string[] =>
  Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms')), ([, text]) => text!)

const folder = new Folder()
after(() => folder.remove())
const [work, first] = blocks('js')
const workFile = folder.write('work.js', work!)

/** Does what a diff says: the lines that come replace the one that goes in front of them. */
function apply(program: string, diff: string): string {
  let changed = program
  for (const [, gone, come] of diff.matchAll(/^-(.*\n)((?:\+.*\n)*)/gm)) {
    assert.ok(`\n${changed}`.includes(`\n${gone!}`), `the program has no line ${gone!}`)
    const lines = come!.replaceAll(/^\+/gm, '')
    changed = `\n${changed}`.replace(`\n${gone!}`, () => `\n${lines}`).slice(1)
  }
  return changed
}

async function listens(port: number): Promise<void> {
  for (let attempt = 0; attempt < 3000; attempt++) {
    const isThere = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => setTimeout(resolve, 20, false))
    })
    if (isThere === true) return
  }
  throw new Error(`nobody listens on ${port}`)
}

/** Runs a program, and asks it for a digest. */
async function ask(name: string, text: string, variables: NodeJS.ProcessEnv = {}): Promise<string> {
  const port = await freePort()
  const program = startProgram([folder.write(name, text)], { PORT: String(port), ...variables })
  try {
    await Promise.race([
      listens(port),
      program.ended.then(({ stderr }) => {
        throw new Error(stderr)
      }),
    ])
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'a' })
    return await response.text()
  } finally {
    program.child.kill('SIGTERM')
    await program.ended
  }
}

const DIGEST = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'
const programs = blocks('diff').reduce((made, diff) => [...made, apply(made.at(-1)!, diff)], [first!])
const [pool, threads, cluster, workers] = programs

test('the program of the page runs with a Pool, with threads and as a cluster', async () => {
  assert.equal(programs.length, 4)
  assert.equal(await ask('pool.js', pool!), DIGEST)
  assert.equal(await ask('threads.js', threads!), DIGEST)
  assert.equal(await ask('cluster.js', cluster!), DIGEST)
})

test('the program of the page runs with two workers on an engine', { skip: withoutRedis }, async () => {
  const redis = await startRedis()
  const variables = { GVENT_ENGINE: `redis://127.0.0.1:${redis.port}` }
  const worker = startWorker([workFile, '--processes', '2'], variables)
  try {
    await worker.printed('takes jobs', 'stderr')
    assert.equal(await ask('workers.js', workers!, variables), DIGEST)
  } finally {
    worker.child.kill('SIGTERM')
    await worker.ended
    await redis.stop()
  }
})
