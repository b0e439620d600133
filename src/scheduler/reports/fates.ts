import type { Host } from '../kernel/host.js'
import type { LibraryCall } from '../stacks/stack.js'

/**
 * Finds out what becomes of the value of a call of the library: `dropped`, `kept`, or `unknown` where the text of the
 * program cannot be read, as in a page. See `call-fates.ts`, which `install.ts` puts in here.
 * @internal
 */
export const fates: { of: (call: LibraryCall, host: Host) => 'dropped' | 'kept' | 'unknown' } = { of: () => 'unknown' }
