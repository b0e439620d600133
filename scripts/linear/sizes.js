/** The sizes of the inputs that are compared, in bytes. */
export const SMALL = 1000
export const LARGE = 8 * SMALL
