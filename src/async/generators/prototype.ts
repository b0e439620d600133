import { Identity } from '../calls/identity.js'
import { Body } from './async-generator.js'

/** The engine's own async generators, of which ours take over what is not about running. */
const nativePrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(
    (async function* (): AsyncGenerator {
      // Only its prototype is of interest.
    })(),
  ),
) as AsyncGenerator & { constructor: unknown }

/** Notes what is behind an async generator where nobody else can see it. */
class Behind extends Identity {
  readonly #body: Body

  constructor(object: object, body: Body) {
    super(object)
    this.#body = body
  }

  static of(object: unknown): Body | undefined {
    return typeof object === 'object' && object !== null && #body in object ? object.#body : undefined
  }
}

const methods: Record<'next' | 'return' | 'throw', (this: unknown, value: unknown) => Promise<unknown>> = {
  next(value) {
    const body = Behind.of(this)
    return body === undefined ? nativePrototype.next.call(this as never, value) : body.enqueue('next', value)
  },
  return(value) {
    const body = Behind.of(this)
    return body === undefined ? nativePrototype.return.call(this as never, value) : body.enqueue('return', value)
  },
  throw(error) {
    const body = Behind.of(this)
    return body === undefined ? nativePrototype.throw.call(this as never, error) : body.enqueue('throw', error)
  },
}

const hidden = (value: unknown): PropertyDescriptor => ({ configurable: true, writable: true, value })

/** The prototype of lowered async generators: as `%AsyncGeneratorPrototype%`, which would not run them. @internal */
export const asyncGeneratorPrototype: object = Object.create(Object.getPrototypeOf(nativePrototype) as object, {
  constructor: { configurable: true, value: nativePrototype.constructor },
  next: hidden(methods.next),
  return: hidden(methods.return),
  throw: hidden(methods.throw),
  [Symbol.toStringTag]: { configurable: true, value: 'AsyncGenerator' },
}) as object

/**
 * Makes an async generator of a generator in which an `await` yields a `Mark`.
 *
 * @param generator that of a generator function, not begun.
 * @param prototype what the object inherits: the `prototype` of the function, if that is an object.
 * @param awaitsResults whether what it yields and returns is still to be awaited.
 * @internal
 */
export function makeAsyncGenerator(
  generator: Generator,
  prototype: object = asyncGeneratorPrototype,
  awaitsResults: boolean = true,
): AsyncGenerator {
  const object = Object.create(prototype) as AsyncGenerator
  new Behind(object, new Body(generator, awaitsResults))
  return object
}
