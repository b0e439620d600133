/**
 * Runs a program, and sends what it prints. It is the text of a worker: it stands alone, and the page ends it, also in an endless
 * loop.
 */
export function work() {
  /** So many lines are sent at most: an endless loop that prints would fill the memory of the page. */
  const MOST_LINES = 2000
  let lines = 0

  const send = (kind, text) => {
    if (++lines < MOST_LINES) postMessage({ kind, text })
    else if (lines === MOST_LINES)
      postMessage({ kind: 'quiet', text: `… only the first ${MOST_LINES} lines are shown` })
  }
  const show = (value, depth = 0) => {
    if (typeof value === 'string') return depth === 0 ? value : JSON.stringify(value)
    if (value instanceof Error) return depth === 0 ? showError(value) : `[${value.name}: ${value.message}]`
    if (typeof value === 'function') return `[Function: ${value.name || '(anonymous)'}]`
    if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}n` : String(value)
    if (depth > 2) return Array.isArray(value) ? '[…]' : '{…}'
    const inside = (each) => show(each, depth + 1)
    if (Array.isArray(value))
      return value.length === 0
        ? '[]'
        : `[ ${value.slice(0, 100).map(inside).join(', ')}${value.length > 100 ? ', …' : ''} ]`
    if (value instanceof Map)
      return `Map { ${Array.from(value, ([key, each]) => `${inside(key)} => ${inside(each)}`).join(', ')} }`
    if (value instanceof Set) return `Set { ${Array.from(value, inside).join(', ')} }`
    const { constructor, toString } = value
    if (toString !== Object.prototype.toString && typeof toString === 'function') return String(value)
    const entries = Object.entries(value).map(([key, each]) => `${key}: ${inside(each)}`)
    const name = constructor?.name ?? 'Object'
    return `${name === 'Object' ? '' : `${name} `}${entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`}`
  }
  /** The frames of the program alone: those of the page and of the scheduler say nothing here. */
  const showError = (error) => {
    const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at .*program\.js:\d/.test(line))
    return [`${error.name}: ${error.message}`, ...frames].join('\n')
  }
  const print =
    (kind) =>
    (...values) =>
      send(kind, values.map((value) => show(value)).join(' '))
  Object.assign(console, {
    log: print('log'),
    info: print('log'),
    debug: print('log'),
    warn: print('bad'),
    error: print('bad'),
  })
  globalThis.gventMissing = (module, name) => {
    throw new SyntaxError(`'${module}' has no export '${name}'`)
  }
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault()
    send('bad', show(event.reason))
  })

  addEventListener('message', async ({ data: { scheduler, script } }) => {
    // In the global scope, as scripts run; and each by the name in its last line.
    const evaluate = globalThis.eval
    evaluate(scheduler)
    const { setTimeout } = globalThis
    globalThis.gventCount()
    const hub = globalThis.gventModules.gvent.getHub()
    let hasEnded = false
    const look = () => {
      const isStuck = globalThis.gventReportIfStuck(hasEnded)
      if (hasEnded) postMessage({ kind: 'state', alive: hub.alive, isStuck })
      // When those that wait are stuck they stay so.
      if (hub.alive > 0 && !(hasEnded && isStuck)) setTimeout(look, 100)
    }
    // What is reported as lost or stuck is so in a task of its own.
    setTimeout(look, 20)
    try {
      await evaluate(script)
    } catch (error) {
      send('bad', show(error))
    }
    hasEnded = true
    setTimeout(look, 20)
  })
}
