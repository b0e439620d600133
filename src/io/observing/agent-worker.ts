import { chmodSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { Session, type Runtime } from 'node:inspector'
import { createServer, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { put } from './questions.js'

const { path, lasts } = workerData as { path: string | undefined; lasts: boolean }

/** A socket that was opened for one look closes when nobody has looked for so many milliseconds. */
const ABANDONED = 5000
/** A question is a line of at most so many characters. */
const LONGEST = 1 << 16

const session = new Session()
session.connectToMainThread()

const server = createServer(serve)
let open = 0
listen(path ?? ownPlace())
const timer = lasts ? undefined : setTimeout(closeIfAbandoned, ABANDONED)

/** Opens the socket in a folder that nobody else may enter, and moves it to its place when it has its mode. */
function listen(place: string): void {
  if (process.platform === 'win32') {
    server.listen(place, () => parentPort!.postMessage(place))
    return
  }
  removeStale(place)
  const folder = mkdtempSync(join(dirname(place), '.gvent-'))
  const made = join(folder, 's')
  server.listen(made, () => {
    chmodSync(made, 0o600)
    renameSync(made, place)
    rmdirSync(folder)
    parentPort!.postMessage(place)
  })
}

function closeIfAbandoned(): void {
  if (open > 0) {
    timer!.refresh()
    return
  }
  server.close()
  session.disconnect()
  if (process.platform !== 'win32') rmSync(ownPlace(), { force: true })
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
    put(evaluate, question.method, question.parameters).then((value) => {
      send(socket, { id, answer: value })
    }, failed)
  } catch (error) {
    failed(error)
  }
}

function evaluate(expression: string, awaitPromise: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { expression, awaitPromise, returnByValue: true }
    session.post('Runtime.evaluate', options, (error: Error | null, reply?: Runtime.EvaluateReturnType) => {
      const raised = error?.message ?? reply?.exceptionDetails?.exception?.description
      if (raised === undefined) resolve(reply!.result.value as string)
      else reject(new Error(raised))
    })
  })
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

/** Removes what a process left that ended without a farewell; anything but a socket stays. */
function removeStale(socket: string): void {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 })
  if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket() === true) rmSync(socket)
}
