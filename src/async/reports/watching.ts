import { thread } from '../../scheduler/kernel/thread.js'
import { others, type StepListener } from '../../scheduler/reports/listed.js'
import { running, type Call } from '../calls/call.js'

/** Has the code of calls watched. It costs nothing before: then the field that says which call runs becomes a function. */
function watchSteps(listener: StepListener): () => void {
  let current: Call | null = running.call
  let generator: Generator | null = null
  Object.defineProperty(running, 'call', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(call: Call | null) {
      const before = current
      current = call
      if (before === null && call !== null) {
        // By the end of its step it may have ended.
        generator = call.generator
        listener.began()
      } else if (before !== null && call === null) listener.ended(() => nameOf(generator))
    },
  })
  return () => {
    Object.defineProperty(running, 'call', { configurable: true, enumerable: true, writable: true, value: current })
  }
}

function nameOf(generator: Generator | null): string {
  const name = generator === null ? '' : (thread.hub.platform.locateCode?.(generator)?.name ?? '')
  return name === '' ? 'an async function' : `async ${name}`
}

others.watchSteps = watchSteps
