/** In what is shared with the worker: how many steps were begun or ended (odd while one runs). */
export const STEPS = 0

/** In what is shared with the worker: the id of the greenlet whose step it is. */
export const GREENLET = 1

/** The id where the step is that of an async function. */
export const NO_GREENLET = 0

/** The global symbol of the function that tells the worker what the thread that it has paused was running. */
export const CURRENT = 'gvent.current'
