import type { Coroutine, GreenResponse } from '../../../index.js'

/** Takes the body of a response. */
export interface Body {
  /** Adds what it needs to the headers of the request. */
  headers(common: Readonly<Record<string, string>>): Readonly<Record<string, string>>
  /** Whether a response is one that it can take. */
  takes(response: GreenResponse): boolean
  /** Begins. @returns how many bytes of the body are there already. */
  begin(response: GreenResponse): number
  write(part: Uint8Array): Coroutine<void>
  /** All has come. @throws Failure when it is not what it should be. */
  end(): Coroutine<void>
  /** Ends it however it is: what was not complete goes. */
  close(): void
}
