import { parentPort, workerData } from 'node:worker_threads'
import { unpackRecording, type PackedRecording } from './recording.js'
import { writeTrace } from './trace-file.js'

// The thread that was recorded goes on meanwhile: a trace may be a hundred megabytes of text. An error reaches it as that of
// this thread.
const { output, recording } = workerData as { output: string; recording: PackedRecording }
void writeTrace(output, [unpackRecording(recording)]).then((summary) => {
  parentPort!.postMessage(summary)
})
