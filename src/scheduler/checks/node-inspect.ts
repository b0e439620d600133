/** The name of the method by which Node's `console.log` and `util.inspect` show an object. */
const custom = Symbol.for('nodejs.util.inspect.custom')

/** Has the objects of a class shown by `console.log` and `util.inspect` as `show` says. @internal */
export function showAs<T extends object>(constructor: { prototype: T }, show: (object: T) => string): void {
  Object.defineProperty(constructor.prototype, custom, {
    configurable: true,
    writable: true,
    value(this: T) {
      return show(this)
    },
  })
}
