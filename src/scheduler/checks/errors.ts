import { diagnosis } from './diagnosis.js'

/**
 * An error that does not capture a stack when it is made: capturing costs microseconds, and these are made for every
 * kill and every timeout, most of which are never looked at. The stack of the place where such an error was raised
 * is added when it is raised. `instanceof Error` holds.
 */
function Stackless(): void {
  // Nothing to do: the point is that Error's own constructor does not run.
}
Stackless.prototype = Error.prototype
const StacklessError = Stackless as unknown as new () => Error

/** Base of {@link GreenletExit} and `Timeout`: an `Error` that is cheap to make. */
export abstract class LightError extends StacklessError {
  /** As that of every `Error`. */
  declare message: string
  /** Where it was raised, which is not where it was made. */
  declare stack?: string
  /** As that of every `Error`. */
  declare cause?: unknown
  readonly #brand = undefined

  /** Tells one from any other value. Unlike `instanceof` it runs no code of the value's own. @internal */
  static isLight(this: void, value: unknown): value is LightError {
    return typeof value === 'object' && value !== null && #brand in value
  }

  constructor(message?: string) {
    super()
    if (message !== undefined) this.message = message
  }
}
Object.defineProperty(LightError.prototype, 'stack', {
  configurable: true,
  get(this: LightError) {
    return this.message === '' ? this.name : `${this.name}: ${this.message}`
  },
  set(this: LightError, value: string) {
    Object.defineProperty(this, 'stack', { configurable: true, writable: true, value })
  },
})

const prototypes = new Map<string, object>()

/**
 * Gives an error class its `name` and `code`, on the prototype, as the platform's own have.
 * @internal
 */
export function nameError(constructor: { prototype: object }, name: string, code: string): void {
  prototypes.set(name, constructor.prototype)
  Object.defineProperties(constructor.prototype, {
    name: { configurable: true, writable: true, value: name },
    code: { configurable: true, writable: true, value: code },
  })
}

/** Returns the prototype of the package's own errors of that name, if there are such. @internal */
export function prototypeOf(name: string): object | undefined {
  return prototypes.get(name)
}

const KILLED = 'the greenlet was killed'

/**
 * The exception that `kill()` raises in a greenlet. It counts as success: the greenlet's `value` is this object;
 * those who wait for its value get a {@link KilledError}. A `catch` that swallows it does not save the greenlet: see `Greenlet.kill`. (gevent: `GreenletExit`.)
 */
export class GreenletExit extends LightError {
  declare readonly name: 'GreenletExit'
  declare readonly code: 'GVENT_GREENLET_EXIT'

  /** Tells one from any other value. Unlike `instanceof` it runs no code of the value's own. @internal */
  static isExit(this: void, value: unknown): value is GreenletExit {
    return LightError.isLight(value) && value instanceof GreenletExit
  }

  /** @param message what it says, such as why the greenlet is killed: `greenlet.kill(new GreenletExit('too old'))`. */
  constructor(message: string = KILLED) {
    super(message)
  }
}
nameError(GreenletExit, 'GreenletExit', 'GVENT_GREENLET_EXIT')

/**
 * Raised in those who wait for the value of a greenlet that was killed: there is none. It names the greenlet; its
 * `cause` is the {@link GreenletExit}, with the place where that was raised. It is an ordinary error, not a
 * `GreenletExit`, so that nobody takes it for a kill of his own. (gevent gives the `GreenletExit` as the value.)
 */
export class KilledError extends Error {
  declare readonly name: 'KilledError'
  declare readonly code: 'GVENT_KILLED'
  readonly #brand = undefined

  /** Tells one from any other value. Unlike `instanceof` it runs no code of the value's own. @internal */
  static isKilled(this: void, value: unknown): value is KilledError {
    return typeof value === 'object' && value !== null && #brand in value
  }

  /**
   * @param greenlet what was killed, as text.
   * @param exit what ended it.
   */
  constructor(greenlet: string, exit: GreenletExit) {
    const { message } = exit
    super(`${greenlet} was killed${message === KILLED || message === '' ? '' : `: ${message}`}`, { cause: exit })
    // It is made in the hub, which says nothing; where it is raised is added there.
    this.stack = `${this.name}: ${this.message}`
  }
}
nameError(KilledError, 'KilledError', 'GVENT_KILLED')

/** Something was waited for where no greenlet runs, or in a generator that the hub does not drive. */
export class NotInGreenletError extends Error {
  declare readonly name: 'NotInGreenletError'
  declare readonly code: 'GVENT_NOT_IN_GREENLET'
}
nameError(NotInGreenletError, 'NotInGreenletError', 'GVENT_NOT_IN_GREENLET')

/**
 * An error about how something is used, with a `code` as Node's have. Node prints it with the error, and how to read on.
 * @internal
 */
export function misuse<E extends Error & { code?: string }>(
  error: E,
  code: string = error.code ?? 'GVENT_BAD_ARGUMENT',
): E & { code: string } {
  const coded = Object.assign(error, { code })
  diagnosis.guide(coded)
  return coded
}

/** How to read on about an error that does not say so itself, for reports. @internal */
export function hintOn(error: unknown): string {
  try {
    const { code, help } = Object(error) as { code?: unknown; help?: unknown }
    if (help === undefined && typeof code === 'string' && code.startsWith('GVENT_')) return `\n  help: ${helpOn(code)}`
  } catch {
    // Reading a property runs code of the value's own.
  }
  return ''
}

/** The command that prints the page of an error. @internal */
export function helpOn(code: string): string {
  return `npx gvent explain ${code}`
}
