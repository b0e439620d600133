/** Why the work ends before its time, though nobody asked for it from outside. */
export class Stop extends Error {
  override readonly name = 'Stop'
}
