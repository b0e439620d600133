// The types that an editor shows, and that stand in declarations, of functions whose types are inferred throughout.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { root } from '../package/consumer.js'
import { Compiler } from './compilers.js'

// `npm run test:types` names others.
const compiler = new Compiler(process.env['GVENT_TYPESCRIPT'] ?? join(root, 'node_modules', 'typescript'))

/** A tree of calls: each function calls some before it, and waits for something of another kind. */
const tree: readonly (readonly [name: string, code: string, returns: string])[] = [
  ['one', 'yield* sleep(1); return "one"', 'string'],
  ['two', 'const text = yield* one(); yield; return text.length', 'number'],
  ['three', 'const { status } = yield* fetch("http://localhost/"); yield* two(); return status', 'number'],
  ['four', 'const socket = yield* connect({ port: 1 }); yield* three(); return socket.timeout', 'number | undefined'],
  ['five', 'const item = yield* queue.get(); yield* four(); return item', 'Date'],
  [
    'six',
    'const first = yield* select({ end: sleep(1), item: queue.get() }); yield* five(); return first.name',
    '"end" | "item"',
  ],
  ['seven', 'return yield* race([two(), until(Promise.resolve(true)), call(three)])', 'number | boolean'],
  [
    'eight',
    'const [a, b] = yield* all([seven(), five()]); return { a, b }',
    '{\n    a: number | boolean;\n    b: Date;\n}',
  ],
  [
    'nine',
    'for (const next of each(queue)) { const item = yield* next; if (item.done) break; yield* eight() } return yield* retry(six)',
    '"end" | "item"',
  ],
  [
    'ten',
    'yield sleep(1); yield Promise.resolve(5); yield nine(); yield* scope((s) => s.spawn(eight)); return yield* withTimeout(5, one())',
    'string',
  ],
  [
    'eleven',
    'const loaded = yield* load(1); const [first] = yield* all([load(2)]); return { loaded, first }',
    '{\n    loaded: Page;\n    first: Page;\n}',
  ],
  [
    'twelve',
    'const pool = new Pool(2); const [page] = yield* pool.map(load, [1]); return [page, yield* withTimeout(5, () => load(3)), yield* scope(async (s) => (await s.spawn(load, 4)).id)] as const',
    'readonly [Page, Page, number]',
  ],
]

const source = `import 'gvent/async/runtime'
import {
  Pool, Queue, acquireRelease, all, allSettled, call, connect, each, fetch, green, joinAll, race, retry, scope, select, sleep, spawn, until, withTimeout,
} from 'gvent'
const queue = new Queue<Date>()
export interface Page { readonly id: number; readonly names: string[] }
async function load(id: number): Promise<Page> { await 0; return { id, names: ['a'] } }
${tree.map(([name, code]) => `export function* ${name}() { ${code} }`).join('\n')}
export const title = green(ten)
export const joined = joinAll([spawn(one), spawn(two)])
export const values = all([spawn(one), spawn(two)])
export const outcomes = allSettled([one(), two()])
export const scoped = scope(function* (s) { return [s.spawn(one), yield* two()] })
export const spawned = spawn(load, 1)
export const loadedFirst = race([load(1), sleep(1)])
export const retried = retry(() => load(1))
export const client = acquireRelease(() => Promise.resolve({ query: one }), () => undefined)
`

const values: readonly (readonly [name: string, type: string])[] = [
  ['title', 'GreenFunction<[], string>'],
  ['joined', 'Operation<[Greenlet<string> | Greenlet<number>, Greenlet<string> | Greenlet<number>], unknown>'],
  ['values', 'Operation<[string, number], unknown>'],
  ['outcomes', 'Operation<[Settled<string>, Settled<number>], unknown>'],
  ['spawned', 'Greenlet<Page>'],
  ['loadedFirst', 'Operation<void | Page, unknown>'],
  ['retried', 'Operation<Page, unknown>'],
  ['scoped', 'Operation<[Greenlet<string>, number], unknown>'],
]

let project: string
let complaints: string
before(async () => {
  project = await mkdtemp(join(tmpdir(), 'gvent-types-'))
  await mkdir(join(project, 'node_modules'))
  await symlink(root, join(project, 'node_modules', 'gvent'))
  await symlink(join(root, 'node_modules', '@types'), join(project, 'node_modules', '@types'))
  await writeFile(join(project, 'package.json'), '{ "type": "module" }')
  await writeFile(join(project, 'tree.ts'), source)
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable', 'dom'],
    module: 'nodenext',
    strict: true,
    declaration: true,
    emitDeclarationOnly: true,
    skipLibCheck: true,
    types: ['node'],
    outDir: 'out',
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['tree.ts'] }))
  complaints = await compiler.compile(project)
})
after(() => rm(project, { recursive: true }))

test(`TypeScript ${compiler.version}: in declarations a coroutine is one of its result, however much it calls`, async () => {
  assert.equal(complaints, '')
  const declarations = await readFile(join(project, 'out', 'tree.d.ts'), 'utf8')
  for (const [name, , returns] of tree) {
    const expected = `export declare function ${name}(): Generator<unknown, ${returns}, unknown>;\n`
    assert.ok(declarations.includes(expected), `${expected}is not in\n${declarations}`)
  }
  for (const [name, type] of values) {
    const expected = `export declare const ${name}: ${type};\n`
    // Some releases write the names of types with where they come from.
    const short = declarations.replaceAll(/import\("gvent"(?:, \{.*?\} \}|)\)\./g, '')
    assert.ok(short.includes(expected), `${expected}is not in\n${short}`)
  }
})

test(`TypeScript ${compiler.version}: an editor shows the same`, async () => {
  const hovers = await compiler.hovers(
    project,
    'tree.ts',
    [...tree, ...values].map(([name]) => name),
  )
  assert.deepEqual(hovers, [
    ...tree.map(([name, , returns]) => `function ${name}(): Generator<unknown, ${returns}, unknown>`),
    ...values.map(([name, type]) => `const ${name}: ${type}`),
  ])
})
