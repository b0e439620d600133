/** The properties of a response that only the platform can set on one of its own. @internal */
export interface ResponseFacts {
  readonly url: string
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  readonly type: Response['type']
  readonly redirected: boolean
  /** The platform's, which cannot be changed. */
  headers?: Headers
}

const facts = Symbol('gvent.facts')

interface Stating {
  [facts]?: ResponseFacts
}

/** Notes what `response` is to say of itself; objects with the getters of {@link withFacts} do. @internal */
export function noteFacts(response: Response, what: ResponseFacts): void {
  ;(response as Stating)[facts] = what
}

/** Returns what was noted. @internal */
export function factsOf(response: object): ResponseFacts | undefined {
  return (response as Stating)[facts]
}

/** Returns a prototype of responses that say of themselves what was noted. @internal */
export function withFacts(prototype: object): object {
  const platforms = Object.getOwnPropertyDescriptor(Response.prototype, 'headers')!
  const readOnly = Object.create(Headers.prototype, {
    append: { value: refuse },
    delete: { value: refuse },
    set: { value: refuse },
  }) as object
  const getters: PropertyDescriptorMap = {
    headers: getter(
      (response, noted) =>
        (noted.headers ??= Object.setPrototypeOf(platforms.get!.call(response), readOnly) as Headers),
    ),
  }
  for (const name of ['url', 'status', 'statusText', 'ok', 'type', 'redirected'] as const) {
    getters[name] = getter((_response, noted) => noted[name])
  }
  return Object.create(prototype, getters) as object
}

function getter(get: (response: object, noted: ResponseFacts) => unknown): PropertyDescriptor {
  return {
    get(this: Required<Stating>) {
      return get(this, this[facts])
    },
    enumerable: true,
    configurable: true,
  }
}

// The headers of what the platform's `fetch` gives cannot be changed either.
function refuse(): never {
  throw new TypeError('immutable')
}
