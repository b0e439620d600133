import { setFlagsFromString } from 'node:v8'
import { getHub } from '../../index.js'

/** The number of URLs from which a list is long. */
export const LONG = 2000

/**
 * Has the young generation stay as small as it is: it would grow to three times 16 MB.
 *
 * Node's own modules are loaded first. They come with their compiled code, which the engine does not take any more once one of its
 * flags has changed: to compile them took a tenth of the time for a thousand URLs.
 */
export function keepYoungGenerationSmall(): void {
  // With it comes nearly all that a fetch needs.
  Reflect.get(globalThis, 'Response')
  setFlagsFromString('--semi-space-growth-factor=1')
}

/**
 * Has garbage collected early, so that a list of any length takes the same 100 to 150 MB. It costs a quarter of the time of the
 * processor, which a short list need not spend: it ends before it has that much.
 */
export function collectEarly(): void {
  setFlagsFromString('--optimize-for-size')
  // By the size that it leaves, the engine decides when to collect the next time.
  getHub().platform.collectGarbage?.()
}
