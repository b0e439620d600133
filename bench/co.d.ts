/** co ships no types; this is the part of it that the benchmarks use. */
declare module 'co' {
  export default function co<T, Sent>(generator: () => Generator<unknown, T, Sent>): Promise<T>
}
