import { lstatSync, mkdirSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { MainThread } from './main-thread.js'
import { PrivateSocket, ownSocket } from './private-socket.js'
import { put } from './questions.js'

const { path, lasts } = workerData as { path: string | undefined; lasts: boolean }

/** A socket that was opened for one look closes when nobody has looked for so many milliseconds. */
const ABANDONED = 5000
/** A question is a line of at most so many characters. */
const LONGEST = 1 << 16

const main = new MainThread()
const server = createServer(serve)
let open = 0
let place: PrivateSocket | undefined
const timer = lasts ? undefined : setTimeout(closeIfAbandoned, ABANDONED)
void listen()

async function listen(): Promise<void> {
  // Children have the same `GVENT_CONSOLE`: each has a socket, and the first has that one.
  const socket = new PrivateSocket(path === undefined || (await isServed(path)) ? ownPlace() : path)
  place = socket
  server.listen(socket.made, () => {
    socket.publish()
    parentPort!.postMessage(socket.path)
  })
}

function closeIfAbandoned(): void {
  if (open > 0) {
    timer!.refresh()
    return
  }
  server.close()
  main.close()
  place?.remove()
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
    const question = JSON.parse(line) as { id: number; method: string; parameters: unknown; session?: string }
    ;({ id } = question)
    const evaluate = question.session === undefined ? main.evaluate : main.evaluateIn(question.session)
    const answer = question.method === 'threads' ? main.threads() : put(evaluate, question.method, question.parameters)
    answer.then((value) => {
      send(socket, { id, answer: value })
    }, failed)
  } catch (error) {
    failed(error)
  }
}

function send(socket: Socket, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
}

/** Whether somebody listens there. */
function isServed(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = connect(socket, () => {
      attempt.destroy()
      resolve(true)
    })
    attempt.on('error', () => {
      resolve(false)
    })
  })
}

/** A new socket in a folder that nobody else may enter. */
function ownPlace(): string {
  const socket = ownSocket(process.pid)
  if (process.platform === 'win32') return socket
  const folder = dirname(socket)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(folder)
  if (uid !== userInfo().uid || (mode & 0o077) !== 0)
    throw new Error(`${folder} belongs to another user, or other users have access to it`)
  return socket
}
