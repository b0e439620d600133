// Where the library itself lies: its own frames say nothing to the reader of a stack. A bundler that makes a
// classic script leaves no address, and there its frames cannot be distinguished from the program's.
const address: string | undefined = (import.meta as { url?: string }).url
const library = /^(.*\/)(?:dist|src)\/scheduler\/[^?]*$/.exec(address ?? '')?.[1]
const libraryPath = library?.replace(/^file:\/\//, '')

/** Whether a line of a stack is one of the library's own. @internal */
export function isOwnFrame(line: string): boolean {
  if (library === undefined || libraryPath === undefined) return false
  // What a thread makes of a source that a program sent is the program's.
  if (line.includes('(eval at ')) return false
  if (!line.includes(library) && !line.includes(libraryPath)) return false
  return /\/(dist|src)\/(bundles|scheduler|async|console|io|jobs|testing)\//.test(line)
}

/** Whether a line says how Node came to run a module or a callback, or the engine to resume a generator. @internal */
export function isPlatformFrame(line: string): boolean {
  return line.endsWith('(<anonymous>)') || /[( ]node:(internal\/|async_hooks:)/.test(line)
}
