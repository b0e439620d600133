import { duration } from './units.js'

/** `Asynchronous 0.71 s, synchronous 2.82 s: 4.0 times as fast`. */
export function comparison(asynchronous: number, synchronous: number): string {
  const ratio = (synchronous / asynchronous).toFixed(1)
  return `Asynchronous ${duration(asynchronous)}, synchronous ${duration(synchronous)}: ${ratio} times as fast`
}
