/** Lowers the program from here on, once for each thread. */
import * as nodeModule from 'node:module'
import { types } from 'node:util'
import * as runtime from '../lowering/runtime.js'
import { extensions, loadTypeScript, lowerLoaded, pathOf, readTypeScript, type Loaded, type Script } from './load.js'
import { typeOf, type Loading } from './loading.js'
import { RUNTIME, entryURL, loadingOfProgram } from './running-program.js'

type Next = (url: string, context: unknown) => Loaded

interface Hooks {
  readonly load: (url: string, context: unknown, next: Next) => Loaded
}

interface Hooking {
  registerHooks?: (hooks: object) => { deregister(): void }
}

const holder = globalThis as unknown as Record<symbol, unknown>
if (holder[RUNTIME] === undefined) {
  holder[RUNTIME] = runtime
  const loading = loadingOfProgram()
  if ((nodeModule as Hooking).registerHooks === undefined) registerOffThread(loading)
  else {
    registerLast({
      load(url, context, next) {
        const path = pathOf(loading, url)
        if (path === undefined) return next(url, context)
        return lowerLoaded(loading, path, loadTypeScript(path) ?? next(url, context))
      },
    })
  }
  lowerScripts(loading)
  answerForLowered()
  passOn()
}

// Those that are registered last are asked first, and get what the others made: they may not ask others themselves.
function registerLast(hooks: Hooks): void {
  const hooking = nodeModule.Module as unknown as Required<Hooking>
  const register = hooking.registerHooks
  let registered = register(hooks)
  hooking.registerHooks = function registerHooks(others) {
    const registration = register(others)
    registered.deregister()
    registered = register(hooks)
    return registration
  }
  nodeModule.syncBuiltinESMExports()
}

// Whatever compiles scripts for Node hands the result to this: what came by a hook of ours is lowered already.
function lowerScripts(loading: Loading): void {
  const prototype = nodeModule.Module.prototype as unknown as Script
  const compile = prototype._compile
  prototype._compile = function (source, path, format, ...rest) {
    const typed = typedSources.get(this)
    if (typed?.source === source) source = lowerLoaded(loading, path, typed).source as string
    // A module that a script requires.
    if (format === 'module' && loading.governs(path)) source = loading.lower(source, path, 'module').source
    if (loading.governs(path) && (format === undefined || format === 'commonjs')) {
      const lowered = loading.lower(source, path, typeOf(path) === 'script' ? 'script' : undefined)
      if (lowered.sourceType === 'script') source = lowered.source
    }
    return compile.call(this, source, path, format, ...rest)
  }
}

// By the name of the constructor they are async functions; the engine says what they are compiled to.
function answerForLowered(): void {
  const isNative = types.isAsyncFunction
  const prototypes = new Set<unknown>([runtime.asyncFunctionPrototype, runtime.asyncGeneratorFunctionPrototype])
  types.isAsyncFunction = function isAsyncFunction(value: unknown): boolean {
    return isNative(value) || (typeof value === 'function' && prototypes.has(Object.getPrototypeOf(value)))
  }
  nodeModule.syncBuiltinESMExports()
}

/** The TypeScript that was read for a script: it is compiled here, unless somebody else has compiled it on the way. */
const typedSources = new WeakMap<Script, Loaded>()

function registerOffThread(loading: Loading): void {
  nodeModule.register('./off-thread.js', import.meta.url, { data: { main: loading.main } })
  const loadScript = extensions['.js']!
  for (const extension of ['.ts', '.cts']) {
    extensions[extension] ??= (module, path) => {
      if (!loading.governs(path) || typeOf(path) === 'module') {
        loadScript(module, path)
        return
      }
      const typed = readTypeScript(path)
      typedSources.set(module, typed)
      module._compile(typed.source as string, path)
    }
  }
}

// Children get the arguments of their parent, and may run in another folder, where a name leads to another place.
function passOn(): void {
  const href = entryURL('gvent/async')
  process.execArgv.forEach((argument, index) => {
    process.execArgv[index] = argument.replace(
      /^(--import=)?gvent\/async$/,
      (_, flag: string | undefined) => `${flag ?? ''}${href}`,
    )
  })
}
