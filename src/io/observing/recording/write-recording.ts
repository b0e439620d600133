import { startThread } from '../../node/process/start-thread.js'
import { traceWorker } from '../../node/process/thread-programs.js'
import { packRecording, type Recording } from './recording.js'
import type { TraceSummary } from './trace-file.js'

/**
 * Writes a recording into a file as a trace, in a thread of its own: this one goes on.
 *
 * @param output the file; with gzip when its name ends in `.gz`.
 */
export function writeRecording(output: string, recording: Recording): Promise<TraceSummary> {
  return new Promise((resolve, reject) => {
    const worker = startThread(traceWorker, {
      workerData: { output, recording: packRecording(recording) },
      execArgv: [],
    })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
