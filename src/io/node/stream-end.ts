import { finished } from 'node:stream'

/**
 * Calls `ended` once when nothing more comes of a stream of the web: it was read to its end or cancelled, by anybody, or
 * failed. Does nothing for what is no stream of this platform's own, and where `finished` knows no streams of the web, as
 * that of Node does.
 * @internal
 */
export function onStreamEnd(stream: ReadableStream, ended: () => void): void {
  try {
    finished(stream as unknown as NodeJS.ReadableStream, ended)
  } catch {
    // It ends when it is collected, at the latest.
  }
}
