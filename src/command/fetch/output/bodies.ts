import { Lock, type Coroutine, type GreenResponse } from '../../../index.js'
import type { Options } from '../options/options.js'
import type { Body } from '../requests/body.js'
import { Failure } from '../requests/failure.js'
import type { Transfer } from '../requests/transfer.js'
import { BodyFile } from './body-file.js'
import { Checksum, parseChecksum, type ChecksumWish } from './checksum.js'
import { FileNames } from './file-names.js'
import type { StandardOutput } from './standard-output.js'

type Headers = Readonly<Record<string, string>>

/** Makes what takes the bodies: files, standard output, or nothing. */
export class Bodies {
  readonly names: FileNames | undefined
  private readonly turn = new Lock()

  constructor(
    private readonly options: Options,
    private readonly output: StandardOutput,
  ) {
    const { output: path } = options
    this.names = path === undefined || path === '-' ? undefined : new FileNames(path)
  }

  /** Returns the receiver for the body of a URL. @param path its file, if it has one. */
  for(transfer: Transfer, path: string | undefined): Body {
    const { checksum } = transfer.target.options ?? {}
    const wish = checksum === undefined ? this.options.checksum : parseChecksum('checksum', checksum)
    if (path !== undefined)
      return new FileBody(transfer, new BodyFile(path, this.options.continue), this.options.continue, wish)
    if (this.options.output === '-') return new PrintedBody(transfer, this.output, this.turn, wish)
    return new UnsavedBody(transfer, wish)
  }
}

/** A body of which at most the checksum is kept. */
class UnsavedBody implements Body {
  protected checksum: Checksum | undefined

  constructor(
    protected readonly transfer: Transfer,
    private readonly wish: ChecksumWish | undefined,
  ) {}

  headers(common: Headers): Headers {
    return common
  }

  takes({ ok }: GreenResponse): boolean {
    return ok
  }

  begin(_response: GreenResponse): number {
    this.checksum = this.wish === undefined ? undefined : new Checksum(this.wish)
    return 0
  }

  *write(part: Uint8Array): Coroutine<void> {
    this.checksum?.add(part)
  }

  *end(): Coroutine<void> {
    const { checksum, transfer } = this
    if (checksum === undefined) return
    const { kind, expected } = checksum.wish
    transfer.checksum = checksum.end()
    if (expected === undefined || transfer.checksum === `${kind}:${expected}`) return
    throw new Failure('CHECKSUM', `the checksum is ${transfer.checksum}, not ${kind}:${expected}`, { kind: 'body' })
  }

  close(): void {
    // Nothing is held.
  }
}

/** A body in a file. */
class FileBody extends UnsavedBody {
  private offset = 0
  private begun: { size: number; mark: string } | undefined
  private isWrong = false
  /** Whether all of it is there, and what comes is only the server's word for that. */
  private isComplete = false

  constructor(
    transfer: Transfer,
    private readonly file: BodyFile,
    private readonly isContinued: boolean,
    wish: ChecksumWish | undefined,
  ) {
    super(transfer, wish)
  }

  override headers(common: Headers): Headers {
    this.begun = this.file.begun()
    if (!this.isContinued) return common
    // The part that is there is of the bytes as they are sent.
    const plain = { ...common, 'accept-encoding': 'identity' }
    const { size, mark } = this.begun ?? {}
    return size === undefined || mark === undefined ? plain : { ...plain, range: `bytes=${size}-`, 'if-range': mark }
  }

  override takes(response: GreenResponse): boolean {
    const { status, headers } = response
    if (this.begun === undefined) return response.ok
    // What is there may be all that there is to come (RFC 9110, 15.5.17).
    const isComplete = status === 416 && headers.get('content-range') === `bytes */${this.begun.size}`
    return response.ok || isComplete
  }

  override begin(response: GreenResponse): number {
    super.begin(response)
    const { status, headers } = response
    const size = this.begun?.size ?? 0
    const range = headers.get('content-range') ?? ''
    const goesOn = size > 0 && (status === 416 || (status === 206 && range.startsWith(`bytes ${size}-`)))
    if (status === 206 && !goesOn) {
      this.isWrong = true
      throw new Failure('WRONG_RANGE', `the server sent a different range than requested: ${range}`, { kind: 'body' })
    }
    this.isComplete = status === 416
    this.offset = goesOn ? size : 0
    this.file.open(this.offset, goesOn ? this.begun!.mark : markOf(headers))
    if (goesOn && this.checksum !== undefined) for (const block of this.file.kept()) this.checksum.add(block)
    return this.offset
  }

  override *write(part: Uint8Array): Coroutine<void> {
    if (this.isComplete) return
    this.file.write(part, this.offset)
    this.offset += part.length
    yield* super.write(part)
  }

  override *end(): Coroutine<void> {
    this.transfer.size = this.offset
    this.isWrong = true
    yield* super.end()
    this.isWrong = false
    this.file.commit()
    this.transfer.file = this.file.path
  }

  override close(): void {
    if (this.transfer.file === undefined) this.file.discard(this.isWrong)
  }
}

/** A strong ETag, or a date: what tells whether a page is still the same (RFC 9110, 13.1.5). */
function markOf(headers: GreenResponse['headers']): string | undefined {
  const tag = headers.get('etag')
  if (tag !== null && !tag.startsWith('W/')) return tag
  return headers.get('last-modified') ?? undefined
}

/** How much of a body waits for its end before it is printed in parts. */
const LARGEST_WHOLE = 1024 * 1024

/** A body on standard output: whole, one after another. Only a large one is printed while it comes. */
class PrintedBody extends UnsavedBody {
  private parts: Uint8Array[] = []
  private size = 0
  private hasTurn = false
  private isPrinted = false

  constructor(
    transfer: Transfer,
    private readonly output: StandardOutput,
    private readonly turn: Lock,
    wish: ChecksumWish | undefined,
  ) {
    super(transfer, wish)
  }

  override begin(response: GreenResponse): number {
    if (this.isPrinted) throw new Failure('PRINTED', 'part of the body was already printed and cannot be printed again')
    this.parts = []
    this.size = 0
    return super.begin(response)
  }

  override *write(part: Uint8Array): Coroutine<void> {
    yield* super.write(part)
    this.parts.push(part)
    this.size += part.length
    if (this.size > LARGEST_WHOLE) yield* this.print()
  }

  override *end(): Coroutine<void> {
    yield* super.end()
    yield* this.print()
    this.close()
  }

  override close(): void {
    if (this.hasTurn) this.turn.release()
    this.hasTurn = false
  }

  private *print(): Coroutine<void> {
    if (!this.hasTurn) {
      yield* this.turn.acquire()
      this.hasTurn = true
    }
    for (const part of this.parts) this.output.put(part)
    this.isPrinted ||= this.parts.length > 0
    this.parts = []
    if (this.output.isFull) yield* this.output.flush()
  }
}
