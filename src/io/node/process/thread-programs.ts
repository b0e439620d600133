/**
 * The programs of the library's own threads, for {@link startThread}. The build gives Node the URL of a file, and bundlers, which
 * join no file that is only named, the text of the program.
 */

/** Calls the functions of a `ThreadPool`. @internal */
export const threadMain: URL | string = new URL('../../threads/thread-main.js', import.meta.url)
/** Notices that the main thread runs for long without a wait. @internal */
export const blockedLoopWorker: URL | string = new URL('../../diagnostics/blocked-loop-worker.js', import.meta.url)
/** Writes a recording as a trace. @internal */
export const traceWorker: URL | string = new URL('../../observing/recording/trace-worker.js', import.meta.url)
/** Answers questions about the main thread, also while that is blocked. @internal */
export const agentWorker: URL | string = new URL('../../observing/agent-worker.js', import.meta.url)
/** Serves the page that shows the main thread. @internal */
export const pageWorker: URL | string = new URL('../../../console/page/page-worker.js', import.meta.url)
