/** `Asynchronous 0.71 s, synchronous 2.82 s: 4.0 times as fast`. */
export function comparison(asynchronous: number, synchronous: number): string {
  const ratio = (synchronous / asynchronous).toFixed(1)
  return `Asynchronous ${seconds(asynchronous)}, synchronous ${seconds(synchronous)}: ${ratio} times as fast`
}

/** `0.71 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}
