import '../../io/index.js'
import { parentPort, workerData } from 'node:worker_threads'
import { HANDLES } from '../../io/observing/handle.js'
import { OwnMainThread } from '../attach/own-main-thread.js'
import { PageServer, type PageOptions } from './page-server.js'

/** The message of the thread when it listens, or when it cannot. */
export type Started =
  | { readonly url: string; readonly token: string; readonly address: ConsoleAddress }
  | { readonly error: { readonly message: string; readonly code: string | undefined } }

/** Where a console listens: a Unix socket, or a port of the loopback interface. */
export type ConsoleAddress = string | { readonly address: string; readonly family: string; readonly port: number }

// Those who look are not to be seen: no dump shows the greenlets of this thread.
const handles = (globalThis as unknown as Record<symbol, unknown[] | undefined>)[Symbol.for(HANDLES)]
handles?.splice(0)

const parent = parentPort!

// Bundlers get it as CommonJS, which has no `await` outside of functions.
async function serve(): Promise<void> {
  try {
    const server = new PageServer(new OwnMainThread(), workerData as PageOptions)
    await server.start()
    const { url, token, address } = server
    parent.postMessage({ url, token, address } satisfies Started)
    parent.once('message', () => {
      server.stop().then(
        () => process.exit(),
        () => process.exit(1),
      )
    })
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    parent.postMessage({ error: { message, code } } satisfies Started)
  }
}

void serve()
