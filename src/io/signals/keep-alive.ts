/** The longest interval that Node has, in milliseconds. */
const FOREVER = 2 ** 31 - 1

/**
 * Keeps the program alive: Node does not count a signal that is listened to as something to stay for.
 * @returns a function that ends it.
 * @internal
 */
export function keepAlive(): () => void {
  const interval = setInterval(stay, FOREVER)
  return () => {
    clearInterval(interval)
  }
}

function stay(): void {
  // It is there for the sake of being there.
}
