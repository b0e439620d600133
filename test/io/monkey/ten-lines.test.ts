import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { startPeer } from '../http-peer.js'
import { moduleArguments, startProgram } from '../program.js'

const program = `
import 'gvent/monkey/all'                       // fetch, net, dns, timers: now cooperative
import { spawn, joinAll } from 'gvent'

function* title(url: string, pid: number) {
  const response = yield* fetch(url)            // waits here; every other greenlet goes on
  const items = yield* response.json()
  console.log(\`Process \${pid}: \${items[0].title}\`)
}
await joinAll(urls.map((url, pid) => spawn(title, url, pid)))
`

const given = 'const urls: string[] = process.argv.slice(-3)\n'

test('the program of ten lines gets all pages at the same time', async () => {
  const peer = await startPeer(() => undefined)
  const paths = ['/one', '/two', '/three']
  const requests = Promise.all(paths.map((path) => peer.request(path)))
  const { outputText } = ts.transpileModule(given + program, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const urls = paths.map((path) => peer.url + path.slice(1))
  const { ended } = startProgram([...moduleArguments(outputText), ...urls])
  // Each is answered only when all have been asked for, and the last one first.
  for (const [index, response] of (await requests).entries()) {
    response.end(JSON.stringify([{ title: `page ${paths[index]!}` }]))
  }
  const { code, stdout, stderr } = await ended
  assert.equal(stderr, '')
  assert.equal(code, 0)
  assert.deepEqual(stdout.trim().split('\n').sort(), [
    'Process 0: page /one',
    'Process 1: page /two',
    'Process 2: page /three',
  ])
})

// The platform's declarations are the same for all that is checked here.
const parsed = new Map<string, ts.SourceFile | undefined>()

/** What the compiler has to say of a module of a user of the package, by line. */
function check(source: string, lib: string[] = []): string[] {
  const root = fileURLToPath(new URL('../../../../', import.meta.url))
  const file = join(root, 'test', 'io', 'monkey', 'program-of-a-user.ts')
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts', ...lib],
    types: ['node'],
    skipLibCheck: true,
  }
  const host = ts.createCompilerHost(options)
  host.readFile = (name) => (name === file ? source : ts.sys.readFile(name))
  host.fileExists = (name) => name === file || ts.sys.fileExists(name)
  host.getSourceFile = (name, languageOptions) => {
    const text = host.readFile(name)
    if (text === undefined) return undefined
    if (name === file) return ts.createSourceFile(name, text, languageOptions)
    if (!parsed.has(name)) parsed.set(name, ts.createSourceFile(name, text, languageOptions))
    return parsed.get(name)
  }
  const compiled = ts.createProgram([file], options, host)
  return ts.getPreEmitDiagnostics(compiled).map((diagnostic) => {
    const { line } = ts.getLineAndCharacterOfPosition(diagnostic.file!, diagnostic.start!)
    return `${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`
  })
}

test('it type-checks, and only because of the import', () => {
  assert.deepEqual(check(given + program), [])
  assert.deepEqual(check(given + program, ['lib.dom.d.ts']), [])
  const [first] = check(given + program.replace("'gvent/monkey/all'", "'gvent'"))
  assert.match(first!, /^7: .*Symbol\.iterator/)
})

test('what a wait gives has its type, and nothing else of a promise changes', () => {
  const source = `import 'gvent/monkey/all'
export function* main(promise: Promise<number>) {
  const response: Response = yield* fetch('http://localhost')
  const text: string = yield* response.text()
  const number: number = yield* promise
  const wrong: string = yield* promise
  const awaited: Promise<string> = fetch('http://localhost').then((each) => each.text())
  return [text, number, wrong, awaited]
}
`
  assert.deepEqual(check(source), ["6: Type 'number' is not assignable to type 'string'."])
})
