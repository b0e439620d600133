/** Has them reported; `install.ts` puts in here how. @internal */
export const forgotten: { watch: () => () => void } = { watch: () => () => undefined }

/**
 * From now on operations are reported that nothing waits for: mostly a `yield*` was forgotten. Each is named, with the
 * greenlet and the place where it was made, once for each place. The same is switched on by the environment variable
 * `GVENT_FORGOTTEN=1`, and under test runners unless it is `0`. It is for development: making an operation then takes
 * microseconds, and in a page in production nothing is reported.
 *
 * A call whose value is dropped (`queue.put(item)` as a statement by itself) is reported at once. A value that is
 * assigned, returned or passed on never is. Where the text of the program cannot be read, as that of `node --eval`, an
 * operation is reported when the garbage collector finds that nobody can wait for it any more.
 *
 * @returns a function that looks for those now that can be collected; `GVENT_FORGOTTEN=1` calls it when the program
 * ends.
 */
export function reportForgotten(): () => void {
  return forgotten.watch()
}
