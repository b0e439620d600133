import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type * as TypeScript from 'typescript'

const execute = promisify(execFile)
const require = createRequire(import.meta.url)

/** One release of TypeScript, in the folder into which it was installed. */
export class Compiler {
  readonly version: string

  constructor(private readonly folder: string) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
    this.version = manifest.version
  }

  /** Compiles a project. @returns what it complains about; nothing if all is well. */
  async compile(project: string): Promise<string> {
    try {
      await execute(process.execPath, [join(this.folder, 'bin', 'tsc'), '--project', project, '--pretty', 'false'])
      return ''
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      return stdout + stderr
    }
  }

  /** Gives the texts that an editor shows over each of `names` where a file of a project declares it. */
  hovers(project: string, file: string, names: readonly string[]): Promise<string[]> {
    const source = readFileSync(join(project, file), 'utf8')
    const offsets = names.map((name) => source.search(new RegExp(`(?<=\\b(?:const|function\\*?) )${name}\\b`)))
    // From release 7 on the compiler is a program of its own, without an interface for JavaScript.
    return existsSync(join(this.folder, 'lib', 'typescript.js'))
      ? Promise.resolve(this.hoversByService(join(project, file), source, offsets))
      : this.hoversByServer(join(project, file), source, offsets)
  }

  private hoversByService(path: string, source: string, offsets: readonly number[]): string[] {
    const ts = require(join(this.folder, 'lib', 'typescript.js')) as typeof TypeScript
    const config = ts.readConfigFile(join(path, '..', 'tsconfig.json'), (name) => ts.sys.readFile(name))
      .config as object
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(path, '..'))
    const service = ts.createLanguageService({
      ...ts.sys,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      getCompilationSettings: () => options,
      getCurrentDirectory: () => join(path, '..'),
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      getScriptFileNames: () => [path],
      getScriptSnapshot: (name) => {
        const text = name === path ? source : ts.sys.readFile(name)
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
      },
      getScriptVersion: () => '1',
    })
    return offsets.map((offset) =>
      (service.getQuickInfoAtPosition(path, offset)?.displayParts ?? []).map(({ text }) => text).join(''),
    )
  }

  private async hoversByServer(path: string, source: string, offsets: readonly number[]): Promise<string[]> {
    const server = new LanguageServer(join(this.folder, 'bin', 'tsc'))
    try {
      const uri = pathToFileURL(path).href
      await server.ask('initialize', {
        processId: process.pid,
        rootUri: pathToFileURL(join(path, '..')).href,
        capabilities: {},
      })
      server.tell('initialized', {})
      server.tell('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version: 1, text: source } })
      const hovers: string[] = []
      for (const offset of offsets) {
        const before = source.slice(0, offset).split('\n')
        const position = { line: before.length - 1, character: before.at(-1)!.length }
        const hover = (await server.ask('textDocument/hover', { textDocument: { uri }, position })) as {
          contents: { value: string }
        }
        hovers.push(hover.contents.value)
      }
      return hovers
    } finally {
      await server.end()
    }
  }
}

interface Message {
  id?: number
  method?: string
  params?: { items?: unknown[] }
  result?: unknown
}

/** Speaks the Language Server Protocol with a compiler. */
class LanguageServer {
  private readonly process
  private readonly answers = new Map<number, (result: unknown) => void>()
  private received = Buffer.alloc(0)

  constructor(script: string) {
    this.process = spawn(process.execPath, [script, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.process.stdout.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk])
      this.readMessages()
    })
  }

  ask(method: string, params: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.answers.size + 1
      this.answers.set(id, resolve)
      this.process.once('exit', () => {
        reject(new Error(`the server ended before it answered ${method}`))
      })
      this.send({ id, method, params })
    })
  }

  tell(method: string, params: object): void {
    this.send({ method, params })
  }

  async end(): Promise<void> {
    const exit = once(this.process, 'exit')
    this.process.stdin.end()
    this.process.kill()
    await exit
  }

  private send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    this.process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  private readMessages(): void {
    for (;;) {
      const head = this.received.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/.exec(this.received.subarray(0, Math.max(head, 0)).toString())?.[1])
      if (head === -1 || this.received.length < head + 4 + length) return
      const message = JSON.parse(this.received.subarray(head + 4, head + 4 + length).toString()) as Message
      this.received = this.received.subarray(head + 4 + length)
      const { id, method } = message
      if (id === undefined) continue
      if (method === undefined) this.answers.get(id)?.(message.result)
      // The server asks for settings, or says what it can do.
      else this.send({ id, result: message.params?.items?.map(() => null) ?? null })
    }
  }
}
