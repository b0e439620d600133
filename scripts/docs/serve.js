/** Serves the site that `npm run docs` has built, on this machine alone: `npm run docs:serve [-- --port 8000] [folder]`. Ctrl-C ends it. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

try {
  await serve(readOptions())
} catch (error) {
  const line = lineOf(error)
  if (line === undefined) throw error
  console.error(line)
  process.exitCode = 1
}

function readOptions() {
  const { values, positionals } = parseArgs({
    options: { port: { type: 'string', default: '4173' } },
    allowPositionals: true,
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`--port ${values.port}: expected a number from 0 to 65535`)
  }
  return { port, folder: positionals[0] ?? fileURLToPath(new URL('../../build/site', import.meta.url)) }
}

async function serve({ port, folder }) {
  if (!existsSync(folder)) throw new RangeError(`there is no site in ${folder}: npm run docs builds it`)
  const { HTTPServer, run, staticFiles } = await import('gvent')
  const server = new HTTPServer({ host: '127.0.0.1', port }, staticFiles(folder))
  await run(function* () {
    yield* server.start()
    console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`)
    yield* server.serveForever()
  })
}

/** The mistakes that need no stack. */
function lineOf({ name, code, message, port }) {
  if (code === 'EADDRINUSE') return `port ${port} is taken: npm run docs:serve -- --port ${port + 1}`
  if (code === 'EACCES') return `port ${port} needs root: npm run docs:serve -- --port 8080`
  return name === 'RangeError' || code?.startsWith('ERR_PARSE_ARGS') ? message : undefined
}
