import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { Target } from '../input/target.js'
import { UsageError } from '../../usage-error.js'
import type { Transfer } from '../requests/transfer.js'
import { OutputLost } from './output-lost.js'
import { PrintSet } from './print-set.js'
import { writeWhole } from './write-whole.js'

/** As much of a line as is needed to know what is missing. */
interface Line {
  readonly url: string
  readonly name?: string
  readonly outcome: string
  readonly file: string | null
}

/**
 * The list of what became of each URL, a line of JSON each, written when that is known: whatever ends the program, what it
 * says is true, and what it lacks is missing.
 */
export class Manifest {
  private readonly descriptor: number
  /** The URLs that an earlier run fetched. */
  private readonly before = new PrintSet()

  /**
   * @param path where it is written.
   * @param resumed the manifest of an earlier run, of which the lines of what was fetched are kept.
   * @param onFile called with each file that such a line names.
   * @throws UsageError when it cannot be read or written.
   */
  constructor(
    private readonly path: string,
    resumed: string | undefined,
    onFile: (file: string) => void,
  ) {
    try {
      this.descriptor = resumed === undefined ? openSync(path, 'w') : this.resume(resumed, onFile)
    } catch (error) {
      if (error instanceof OutputLost) throw error
      throw new UsageError(`the manifest ${path} cannot be used: ${(error as Error).message}`)
    }
  }

  /** Whether an earlier run fetched it. Each of its lines counts for one URL of the list. */
  takeFetched({ url, options }: Target): boolean {
    return this.before.size > 0 && this.before.take(key(url, options?.name))
  }

  /** Adds a line. @throws OutputLost. */
  write(transfer: Transfer): void {
    writeText(this.descriptor, `${JSON.stringify(transfer)}\n`, this.path)
  }

  close(): void {
    closeSync(this.descriptor)
  }

  /** Writes it again with what is kept, so that a crash on the way leaves the old one. */
  private resume(resumed: string, onFile: (file: string) => void): number {
    const source = openIfThere(resumed)
    if (source === undefined) return openSync(this.path, 'w')
    const temporary = `${this.path}.${process.pid}.part`
    const descriptor = openSync(temporary, 'w')
    let block = ''
    for (const text of linesOf(source)) {
      const line = parse(text)
      if (line?.outcome !== 'fetched' || (line.file !== null && !exists(line.file))) continue
      this.before.add(key(line.url, line.name))
      if (line.file !== null) onFile(line.file)
      block += `${text}\n`
      if (block.length < 65_536) continue
      writeText(descriptor, block, temporary)
      block = ''
    }
    writeText(descriptor, block, temporary)
    closeSync(source)
    renameSync(temporary, this.path)
    return descriptor
  }
}

function key(url: string, name: string | undefined): string {
  return name === undefined ? url : `${url}\n${name}`
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function* linesOf(descriptor: number): Generator<string, void, undefined> {
  const decoder = new StringDecoder()
  const block = Buffer.alloc(65_536)
  let rest = ''
  for (let size = readSync(descriptor, block); size > 0; size = readSync(descriptor, block)) {
    const lines = (rest + decoder.write(block.subarray(0, size))).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  // What has no end was cut off.
}

/** A line that is none, as a crash of the machine may leave, says nothing. */
function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

function writeText(descriptor: number, text: string, path: string): void {
  try {
    writeWhole(descriptor, Buffer.from(text))
  } catch (error) {
    throw new OutputLost(path, error as NodeJS.ErrnoException)
  }
}
