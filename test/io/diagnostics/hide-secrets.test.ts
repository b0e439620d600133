import assert from 'node:assert/strict'
import { connect as connectNode } from 'node:net'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { HTTPServer, dump, fetch, run, spawn, subprocess, until, type Coroutine } from 'gvent'
import { startPeer } from '../http-peer.js'
import { startProgram } from '../program.js'

const SECRET = 'hunter2hunter2'

/** What is written, and what of it is shown. */
const texts: readonly (readonly [written: string, shown: string])[] = [
  [`https://example.org/a?api_key=${SECRET}`, 'https://example.org/a?api_key=***'],
  [`https://example.org/a?x=${SECRET}&y=${SECRET}#there`, 'https://example.org/a?x=***&y=***#there'],
  [`https://example.org/a?${SECRET}`, 'https://example.org/a?***'],
  [`https://example.org/cb#access_token=${SECRET}`, 'https://example.org/cb#access_token=***'],
  [`postgres://app:${SECRET}@db:5432/shop`, 'postgres://***@db:5432/shop'],
  [`https://${SECRET}@github.com/a.git`, 'https://***@github.com/a.git'],
  [`POST /login?token=${SECRET} failed`, 'POST /login?token=*** failed'],
  [`--password ${SECRET} -v`, '--password *** -v'],
  [`--db-password=${SECRET} -v`, '--db-password=*** -v'],
  [`API_KEY=${SECRET} run`, 'API_KEY=*** run'],
  [`-u admin:${SECRET} host`, '-u admin:*** host'],
  [`Authorization Bearer ${SECRET}`, 'Authorization Bearer ***'],
]

/** What has nothing to hide, and stays as it is. */
const plain: readonly string[] = [
  'https://example.org/a/b.html#part',
  'user@example.org wrote: why?',
  'Unexpected token } in JSON at position 7',
  'file:///app/main.js?v=17:10:5',
  'Is this it? Or /that?',
  'connect ECONNREFUSED 127.0.0.1:80',
  'git log -1 --format=%H',
]

async function errorOf(work: PromiseLike<unknown>): Promise<Error> {
  try {
    await work
  } catch (error) {
    return error as Error
  }
  return assert.fail('nothing was raised')
}

test('the arguments of a process are shown without secrets', async () => {
  for (const [written, shown] of texts) {
    const command = ['sh', '-c', 'exit 1', ...written.split(' ')]
    const error = await errorOf(subprocess.run(command, { check: true }))
    const expected = shown.split(' ').map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)))
    const got = error.message.replaceAll(/"(\S*\*\*\*\S*)"/g, '$1').replaceAll('"', '')
    assert.equal(got, `sh -c exit 1 ${expected.join(' ').replaceAll('"', '')} ended with status 1`)
    using process = new subprocess.Popen(['cat', ...written.split(' ')])
    assert.ok(!String(process).includes(SECRET), String(process))
  }
  for (const text of plain) {
    const command = ['sh', '-c', 'exit 1', text]
    await assert.rejects(
      async () => await subprocess.run(command, { check: true }),
      (error: Error) => error.message.includes(JSON.stringify(text).slice(1, -1)),
    )
  }
})

test('an error is reported without secrets, those of its properties and of the environment too', async () => {
  const { ended } = startProgram(
    `import { spawn, subprocess } from 'gvent'
     for (const text of ${JSON.stringify([...texts.map(([written]) => written), ...plain])}) {
       spawn(function* () { throw new Error(text) })
     }
     spawn(function* () { throw Object.assign(new Error('config'), { config: { apiToken: '${SECRET}', headers: ['Cookie: ${SECRET}'] } }) })
     spawn(function* () { throw new Error('the value of a variable is known-to-be-secret') })
     spawn(function* () { yield* subprocess.run(['no-such-program', '--password', '${SECRET}']) })
     spawn(function* () { yield* subprocess.run(['sh', '-c', 'exit 1', '--password', '${SECRET}'], { check: true }) })
     spawn(function* () { yield* subprocess.run(['sleep', '100', '--password', '${SECRET}'], { timeout: 1 }) })
     `,
    { SERVICE_TOKEN: 'known-to-be-secret' },
  )
  const { stderr } = await ended
  assert.ok(!stderr.includes(SECRET), stderr)
  assert.ok(!stderr.includes('known-to-be-secret'), stderr)
  for (const [, shown] of texts) assert.ok(stderr.includes(`Error: ${shown}\n`), `${shown}: ${stderr}`)
  for (const text of plain) assert.ok(stderr.includes(`Error: ${text}\n`), `${text}: ${stderr}`)
})

test('the working directory and paths of secret files stay, so that a stack has its places', async () => {
  const folder = dirname(fileURLToPath(import.meta.url))
  const { ended } = startProgram(
    `import { spawn } from 'gvent'
     spawn(function* () { throw new Error(${JSON.stringify(`no such file: ${folder}`)}) })`,
    { PWD: folder, OLDPWD: folder, SERVICE_TOKEN_FILE: folder },
  )
  const { stderr } = await ended
  assert.ok(stderr.includes(`no such file: ${folder}`), stderr)
})

test('requests are shown in dumps and in errors without what their query says', async () => {
  const peer = await startPeer((request, response) => {
    if (request.url!.startsWith('/broken')) response.destroy()
    if (request.url!.startsWith('/far')) response.writeHead(302, { location: `/far?secret=${SECRET}` }).end()
  })
  await run(function* (): Coroutine<void> {
    const server = new HTTPServer('127.0.0.1:0', function* (request) {
      return new Response(yield* request.text())
    })
    yield* server.start()
    const { port } = server.address() as { port: number }
    const client = connectNode(port, '127.0.0.1')
    client.write(`POST /login?token=${SECRET} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345`)
    const asked = until(peer.request(`/silent?api_key=${SECRET}`))
    const waiting = spawn(function* () {
      yield* fetch(`${peer.url}silent?api_key=${SECRET}`)
    })
    yield* asked
    const text = dump()
    assert.ok(text.includes('/silent?api_key=***'), text)
    assert.ok(!text.includes(SECRET), text)
    yield* waiting.kill()
    client.destroy()
    yield* server.stop({ timeout: 0 })
  })
  for (const path of [`broken?api_key=${SECRET}`, `far?api_key=${SECRET}`]) {
    const error = await errorOf(fetch(peer.url + path, { maxRedirects: 2 }))
    assert.ok(!`${error.message} ${error.stack}`.includes(SECRET), error.stack)
    assert.match(error.message, /\?\w+=\*\*\*/)
  }
})
