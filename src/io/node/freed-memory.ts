/** How much memory the system's allocator is to keep when it is freed: more than becomes free in one collection. */
const KEPT = 2 ** 25

let keeping = false

/**
 * Has the allocator of glibc keep memory that is freed; does nothing from the second call on, nor with another allocator.
 *
 * What a stream brings becomes garbage at the rate at which it comes, and a collection frees tens of megabytes of it at
 * once. The allocator of glibc gives the end of the heap back to the system as soon as 128 KiB of it are free, and what
 * was just freed is faulted in again page by page, 3 µs each: three quarters of the time that a stream takes, unless
 * something happens to lie at the end. But it keeps twice the length of the longest block that it has mapped by itself
 * and freed (mallopt(3), M_MMAP_THRESHOLD), and this has it free one. No page of it is ever touched. The port is closed
 * before the block is sent, so that it is freed at once, and not by a collection, if one comes soon enough.
 * @internal
 */
export function keepFreedMemory(): void {
  if (keeping) return
  keeping = true
  const { port1 } = new MessageChannel()
  port1.close()
  port1.postMessage(null, [new ArrayBuffer(KEPT / 2)])
}
