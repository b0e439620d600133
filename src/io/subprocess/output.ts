/** The output of a program: `const { stdout, stderr } = …`, or `const [stdout, stderr] = …`, as in Python. */
export class Output<T extends string | Buffer> implements Iterable<T> {
  /** For tests; {@link Popen.communicate} makes them. */
  constructor(
    /** Empty when it was not a pipe. */
    readonly stdout: T,
    /** Empty when it was not a pipe. */
    readonly stderr: T,
  ) {}

  /** First stdout, then stderr. */
  *[Symbol.iterator](): IterableIterator<T> {
    yield this.stdout
    yield this.stderr
  }
}
