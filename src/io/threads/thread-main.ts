import { parentPort, type Transferable } from 'node:worker_threads'
import { isWaitable } from '../../scheduler/kernel/frames.js'
import type { Outcome, Reply, Request } from './messages.js'
import { pack } from './packed-error.js'
import type { Description } from './thread-function.js'
import { Transfer } from './transfer.js'

/** How many functions are kept that came as source text; each text is compiled once. */
const MOST_FUNCTIONS = 1000

type Fn = (...args: unknown[]) => unknown

const compiled = new Map<string, Fn>()

parentPort!.on('message', (request: Request) => {
  void answer(request)
})

async function answer({ id, fn, args }: Request): Promise<void> {
  let outcome: Outcome
  let list: readonly Transferable[] = []
  try {
    let value = await finish((await find(fn))(...args))
    if (value instanceof Transfer) {
      list = value.list
      value = value.value
    }
    outcome = { value }
  } catch (error) {
    outcome = { raised: pack(explain(error, fn)) }
  }
  try {
    parentPort!.postMessage({ id, outcome } satisfies Reply, list)
  } catch (error) {
    const { message } = error as Error
    parentPort!.postMessage({ id, outcome: { raised: pack(notSent(fn, message)) } } satisfies Reply)
  }
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

async function find(fn: Description): Promise<Fn> {
  if ('source' in fn) return compile(fn)
  const exported: unknown = ((await import(fn.module)) as Record<string, unknown>)[fn.export]
  if (typeof exported === 'function') return exported as Fn
  throw Object.assign(new TypeError(`${fn.module} exports no function ${JSON.stringify(fn.export)}`), {
    code: 'GVENT_BAD_ARGUMENT',
  })
}

function compile({ name, source }: Description & { source: string }): Fn {
  const known = compiled.get(source)
  if (known !== undefined) return known
  if (compiled.size >= MOST_FUNCTIONS) compiled.clear()
  const fn = evaluate(`(${source})`) ?? evaluate(`({ ${source} })[${JSON.stringify(name)}]`)
  if (fn === undefined)
    throw new SyntaxError(`this function cannot be made from its source text: ${source.slice(0, 100)}`)
  compiled.set(source, fn)
  return fn
}

// Indirect, so that it sees nothing of this module. A method is no expression by itself.
function evaluate(text: string): Fn | undefined {
  try {
    return (0, eval)(text) as Fn
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function explain(error: unknown, fn: Description): unknown {
  if (!(error instanceof ReferenceError) || !('source' in fn)) return error
  const { message } = error
  error.message =
    `${message}. ${fn.name === '' ? 'This function' : fn.name} runs in another thread, where it was sent as its source text, ` +
    'without what is around it: pass that as an argument, or take the function from a module by fromModule(url, name)'
  error.stack = error.stack?.replace(message, error.message) ?? ''
  return error
}

function notSent({ name }: Description, reason: string): Error {
  const error = new TypeError(
    `the result of ${name === '' ? 'a function' : name} cannot be sent from its thread to this one: ${reason}`,
  )
  return Object.assign(error, { code: 'GVENT_NOT_CLONEABLE' })
}
