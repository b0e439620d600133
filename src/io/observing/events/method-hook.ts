type Method = (this: object, ...args: never[]) => unknown

/** Makes a method that calls `original` and does more. */
export type Wrapper = (original: Method) => Method

/**
 * A method of the kernel that is replaced while somebody wants to know of its calls, and put back when nobody does: a
 * question whether somebody does, asked at each call, would cost all programs.
 */
export class MethodHook {
  private readonly wrappers: Wrapper[] = []
  private original: Method | undefined

  /**
   * @param prototype where the method is.
   * @param name that of the method; `keyof` does not know private ones.
   */
  constructor(
    private readonly prototype: object,
    private readonly name: string,
  ) {}

  /** Puts `wrapper` around the method. @returns a function that takes it away. */
  add(wrapper: Wrapper): () => void {
    this.wrappers.push(wrapper)
    this.apply()
    return () => {
      const index = this.wrappers.indexOf(wrapper)
      if (index === -1) return
      this.wrappers.splice(index, 1)
      this.apply()
    }
  }

  private apply(): void {
    const { wrappers, name } = this
    const prototype = this.prototype as Record<string, Method>
    const original = (this.original ??= prototype[name]!)
    prototype[name] = wrappers.reduce((method, wrapper) => wrapper(method), original)
  }
}
