import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import { Script, createContext } from 'node:vm'
import { detailsOf } from './files.js'

/** So many turns of the loop a test may take. */
const TURNS = 20

const harness = new Map()

/**
 * Runs a test in each mode that it is for.
 *
 * @param compile makes code of its code.
 * @param runtime a script to be run before, which defines the helpers.
 * @returns the error that it fails with, `undefined` if it passes.
 */
export async function runFile(checkout, file, compile, runtime) {
  const source = readFileSync(join(checkout, file), 'utf8')
  const { flags, includes } = detailsOf(source)
  const modes = flags.includes('onlyStrict') ? [true] : flags.includes('noStrict') ? [false] : [false, true]
  for (const isStrict of modes) {
    let code
    try {
      code = compile(isStrict ? `"use strict";\n${source}` : source)
    } catch (error) {
      return `does not compile: ${String(error).split('\n')[0]}`
    }
    const failure = await runOnce(checkout, code, flags.includes('async'), includes, runtime)
    if (failure !== undefined) return isStrict ? `${failure} (strict)` : failure
  }
  return undefined
}

async function runOnce(checkout, code, isAsync, includes, runtime) {
  let answer
  const sandbox = {
    print: (text) => (answer ??= String(text)),
    setTimeout,
    clearTimeout,
  }
  const context = createContext(sandbox)
  const files = ['assert.js', 'sta.js', ...(isAsync ? ['doneprintHandle.js'] : []), ...includes]
  try {
    runtime?.runInContext(context)
    for (const name of files) harnessFile(checkout, name).runInContext(context)
    new Script(code, { filename: 'test.js' }).runInContext(context)
  } catch (error) {
    return show(error)
  }
  if (!isAsync) return undefined
  for (let turn = 0; turn < TURNS && answer === undefined; turn++) await new Promise((resolve) => setImmediate(resolve))
  if (answer === 'Test262:AsyncTestComplete') return undefined
  return answer ?? 'never ends'
}

function harnessFile(checkout, name) {
  let script = harness.get(name)
  if (script === undefined) {
    script = new Script(readFileSync(join(checkout, 'harness', name), 'utf8'), { filename: name })
    harness.set(name, script)
  }
  return script
}

function show(error) {
  try {
    return String(error?.message ?? error).split('\n')[0]
  } catch {
    return 'an error that cannot be shown'
  }
}
