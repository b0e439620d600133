/** A function that came as its source text. */
export type Evaluated = (...args: unknown[]) => unknown

/**
 * Makes a function of its source text. In the package this file stands beside the bundles, so that the function imports `gvent` by its
 * name: Node looks that name up from the file that evaluates it.
 * @returns nothing when the text is no expression.
 */
// The call of eval is indirect, so that the function sees nothing of this module. With a name of its own its frames are not taken for
// those of this file, in which JavaScriptCore would place them.
export function evaluate(text: string): Evaluated | undefined {
  try {
    return (0, eval)(`${text}\n//# sourceURL=function-in-a-thread`) as Evaluated
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
