import { lstatSync, mkdirSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { MainThread } from './main-thread.js'
import { PrivateSocket } from './private-socket.js'
import { put } from './questions.js'

const { path, lasts } = workerData as { path: string | undefined; lasts: boolean }

/** A socket that was opened for one look closes when nobody has looked for so many milliseconds. */
const ABANDONED = 5000
/** A question is a line of at most so many characters. */
const LONGEST = 1 << 16

const main = new MainThread()
const server = createServer(serve)
let open = 0
const place = new PrivateSocket(path ?? ownPlace())
server.listen(place.made, () => {
  place.publish()
  parentPort!.postMessage(place.path)
})
const timer = lasts ? undefined : setTimeout(closeIfAbandoned, ABANDONED)

function closeIfAbandoned(): void {
  if (open > 0) {
    timer!.refresh()
    return
  }
  server.close()
  main.close()
  place.remove()
  parentPort!.close()
  process.exit()
}

function serve(socket: Socket): void {
  open++
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop()!
    if (text.length > LONGEST) socket.destroy()
    for (const line of lines) answer(socket, line)
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    open--
    timer?.refresh()
  })
}

function answer(socket: Socket, line: string): void {
  let id = 0
  const failed = (error: unknown): void => {
    send(socket, { id, error: String((error as Error | null)?.message ?? error) })
  }
  try {
    const question = JSON.parse(line) as { id: number; method: string; parameters: unknown }
    ;({ id } = question)
    put(main.evaluate, question.method, question.parameters).then((value) => {
      send(socket, { id, answer: value })
    }, failed)
  } catch (error) {
    failed(error)
  }
}

function send(socket: Socket, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
}

/** A new socket in a folder that nobody else may enter. */
function ownPlace(): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\gvent-${process.pid}`
  const folder = join(tmpdir(), `gvent-${userInfo().uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(folder)
  if (uid !== userInfo().uid || (mode & 0o077) !== 0)
    throw new Error(`${folder} belongs to somebody else, or others may enter it`)
  return join(folder, `${process.pid}.sock`)
}
