// Where the library itself lies: its own frames say nothing to the reader of a stack. A bundler that makes a
// classic script leaves no address, and there its frames cannot be distinguished from the program's.
const address: string | undefined = (import.meta as { url?: string }).url
/** Its folder as a URL and as a path, of Windows too. Found with the first stack: a program need not wait for it. */
let folders: string[] | undefined

function findFolders(): string[] {
  const folder = /^(.*\/)(?:dist|src)\/scheduler\/[^?]*$/.exec(address ?? '')?.[1]
  if (folder === undefined) return []
  const path = folder.replace(/^file:\/\//, '')
  return [folder, path, path.slice(1).replaceAll('/', '\\')]
}

/** Whether a line of a stack is one of the library's own. @internal */
export function isOwnFrame(line: string): boolean {
  folders ??= findFolders()
  if (!folders.some((folder) => line.includes(folder))) return false
  return /[\\/](dist|src)[\\/](bundles|scheduler|async|console|io|jobs|testing)[\\/]/.test(line)
}

/** Whether a line says how Node or Deno came to run a module or a callback, or the engine to resume a generator. @internal */
export function isPlatformFrame(line: string): boolean {
  return line.endsWith('(<anonymous>)') || /[( ](?:node:(?:internal\/|async_hooks:)|ext:)/.test(line)
}
