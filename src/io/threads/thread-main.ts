import { parentPort, type Transferable } from 'node:worker_threads'
import { isWaitable } from '../../scheduler/kernel/frames.js'
import { evaluate, type Evaluated } from './evaluate.js'
import type { Outcome, Reply, Request } from './messages.js'
import { messageOf, pack, type Packed } from './packed-error.js'
import type { Description } from './thread-function.js'
import { TransferredValue } from './transfer.js'

/** How many functions are kept that came as source text; each text is compiled once. */
const MOST_FUNCTIONS = 1000

const compiled = new Map<string, Evaluated>()

/** The number of the call that came last. */
let calls = 0

parentPort!
  .on('message', (request: Request) => {
    calls = request.id
    void answer(request)
  })
  .on('messageerror', ({ message }: Error) => {
    reply(++calls, { raised: pack(notSent(`the arguments cannot be sent to another thread: ${message}`)) })
  })

async function answer({ id, fn, args }: Request): Promise<void> {
  let outcome: Outcome
  let list: readonly Transferable[] = []
  try {
    let value = await finish((await find(fn))(...args))
    if (value instanceof TransferredValue) {
      list = value.list
      value = value.value
    }
    outcome = { value }
  } catch (error) {
    outcome = { raised: explain(pack(error), fn) }
  }
  try {
    reply(id, outcome, list)
  } catch (error) {
    const what = `the result of ${fn.name === '' ? 'a function' : fn.name}`
    reply(id, { raised: pack(notSent(`${what} cannot be sent from its thread to this one: ${messageOf(error)}`)) })
  }
}

function reply(id: number, outcome: Outcome, list: readonly Transferable[] = []): void {
  parentPort!.postMessage({ id, outcome } satisfies Reply, list)
}

// A function that waits needs the hub of this thread, which the others do without.
async function finish(result: unknown): Promise<unknown> {
  if (!isWaitable(result)) return result
  if (result instanceof Promise) return result as Promise<unknown>
  const { spawn } = await import('../scheduler.js')
  const greenlet = spawn(() => result)
  greenlet.linkError(() => undefined)
  return greenlet
}

async function find(fn: Description): Promise<Evaluated> {
  if ('source' in fn) return compile(fn)
  const exported: unknown = ((await import(fn.module)) as Record<string, unknown>)[fn.export]
  if (typeof exported === 'function') return exported as Evaluated
  throw Object.assign(new TypeError(`${fn.module} exports no function ${JSON.stringify(fn.export)}`), {
    code: 'GVENT_BAD_ARGUMENT',
  })
}

// A method is no expression by itself.
function compile({ name, source }: Description & { source: string }): Evaluated {
  const known = compiled.get(source)
  if (known !== undefined) return known
  if (compiled.size >= MOST_FUNCTIONS) compiled.clear()
  const fn = evaluate(`(${source})`) ?? evaluate(`({ ${source} })[${JSON.stringify(name)}]`)
  if (fn === undefined)
    throw new SyntaxError(`this function cannot be made from its source text: ${source.slice(0, 100)}`)
  compiled.set(source, fn)
  return fn
}

function explain(packed: Packed, fn: Description): Packed {
  if (!('error' in packed) || packed.error.name !== 'ReferenceError' || !('source' in fn)) return packed
  const { message, stack } = packed.error
  const explained =
    `${message}. ${fn.name === '' ? 'This function' : fn.name} runs in another thread, which has only its source text, ` +
    'without the variables around it: pass those as arguments, or import the function with fromModule(url, name)'
  return { error: { ...packed.error, message: explained, stack: stack?.replace(message, () => explained) } }
}

function notSent(message: string): Error {
  return Object.assign(new TypeError(message), { code: 'GVENT_NOT_CLONEABLE' })
}
