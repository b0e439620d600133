interface Page {
  onpagehide?: unknown
  addEventListener?: (type: string, listener: (event: { persisted: boolean }) => void) => void
  removeEventListener?: (type: string, listener: (event: { persisted: boolean }) => void) => void
}

const page = globalThis as unknown as Page

/**
 * Calls `onSignal` when a page is left for good. It gets no signal but an event, after which its microtasks still run: what is killed
 * then cleans up as far as that needs no wait. A page that is kept for the way back goes on.
 * @returns a function that stops listening.
 * @internal
 */
export function trapPageHide(onSignal: (signal: string) => void): () => void {
  if (page.onpagehide === undefined) return () => undefined
  const listener = ({ persisted }: { persisted: boolean }): void => {
    if (!persisted) onSignal('pagehide')
  }
  page.addEventListener!('pagehide', listener)
  return () => {
    page.removeEventListener!('pagehide', listener)
  }
}
