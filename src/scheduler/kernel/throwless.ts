import { misuse } from '../checks/errors.js'

/**
 * What comes out of a frame in which `intended` was to be raised. Where it delegates to something that has no method for
 * that, a list or a text, the engine raises an error of its own instead, which would turn a kill into a failure.
 * @internal
 */
export function raisedInstead(error: unknown, intended: unknown): unknown {
  if (error === intended) return error
  try {
    if (!(error instanceof TypeError && error.message.includes("does not provide a 'throw' method"))) return error
    const { code, message } = Object(intended) as { code?: unknown; message?: unknown }
    return code === 'GVENT_BAD_YIELD' ? badItem(String(message), code) : intended
  } catch {
    // Looking at a value may run code of the program's own.
    return intended
  }
}

function badItem(message: string, code: string): TypeError {
  return misuse(
    new TypeError(
      `${message}. It is an item of what a \`yield*\` goes through, a list, a text or another iterable: ` +
        'write `yield* all(list)` to wait for all of a list, or `for (const item of list) …`',
    ),
    code,
  )
}
