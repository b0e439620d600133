import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import ts from 'typescript'
import { programsOf, readPages, root } from './pages.js'

const { stripTypes } = (await import(pathToFileURL(join(root, 'scripts', 'docs', 'strip-types.js')).href)) as {
  stripTypes: (blocks: readonly string[]) => string[]
}

const cases: readonly [construct: string, typescript: string, javascript: string][] = [
  ['annotations', 'const a: number = 1 // one\nlet b: string\n', 'const a = 1 // one\nlet b\n'],
  ['a signature', 'function* f<T>(this: void, a?: T, ...rest: T[]): Coroutine<T> {}\n', 'function* f(a, ...rest) {}\n'],
  [
    'casts, with parentheses that only they needed',
    'const name = (error as Error).name\nnew (x as any)()\n',
    'const name = error.name\nnew (x)()\n',
  ],
  ['assertions', 'a!.b![0]! satisfies C\n', 'a.b[0]\n'],
  ['type arguments', "new Map<string, Set<number>>()\nf<'a' | 'b'>(1)\n", 'new Map()\nf(1)\n'],
  [
    'imports of types, and of names that only types use',
    "import { type A, B, run, type C } from 'gvent'\nimport type { D } from 'x'\nlet b: B\nrun()\n",
    "import { run } from 'gvent'\nlet b\nrun()\n",
  ],
  ['an import of nothing but types', "import { type A } from 'gvent'\n\nf()\n", 'f()\n'],
  ['an import for its effect', "import 'gvent/monkey/all'\n", "import 'gvent/monkey/all'\n"],
  [
    'interfaces and aliases, with their comments',
    'f() // kept\n\n/** goes */\ninterface A {\n  b: string\n}\ntype C = A\n\n// stays\ng()\n',
    'f() // kept\n\n// stays\ng()\n',
  ],
  [
    'classes',
    'abstract class A<T> extends B<T> implements C {\n  private readonly a: number = 1\n  declare b: string\n  static c?: T\n  abstract d(): void\n  override e(): void {}\n}\n',
    'class A extends B {\n  a = 1\n  static c\n  e() {}\n}\n',
  ],
  ['overloads', 'function f(a: string): void\nfunction f(a: unknown) {}\n', 'function f(a) {}\n'],
  ['a conditional stays', 'const a = b ? c : d\n', 'const a = b ? c : d\n'],
  ['the words as and satisfies in a text', "f('a as b satisfies c: d')\n", "f('a as b satisfies c: d')\n"],
]

for (const [construct, source, expected] of cases) {
  test(`JavaScript is made of TypeScript: ${construct}`, () => {
    assert.deepEqual(stripTypes([source]), [expected])
  })
}

test('a name that a later block uses stays imported', () => {
  const blocks = ["import { run, sleep, type Coroutine } from 'gvent'\nrun(f)\n", 'sleep(1 as number)\n']
  assert.deepEqual(stripTypes(blocks), ["import { run, sleep } from 'gvent'\nrun(f)\n", 'sleep(1)\n'])
})

test('a program that JavaScript cannot say is refused, with the line', () => {
  assert.throws(() => stripTypes(['\nenum A { B }']), /line 2 has an enum/)
  assert.throws(
    () => stripTypes(['class A { constructor(private b: string) {} }']),
    /a property declared by a parameter/,
  )
  assert.throws(() => stripTypes(['@Injectable() class A {}']), /a decorator/)
})

test('the JavaScript of each program is what the compiler makes of its TypeScript', async () => {
  // The compiler keeps parentheses around casts.
  const compile = (source: string): string =>
    ts
      .transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext } })
      .outputText.replace(/\((\w[\w.]*)\)(?=\.)/g, '$1')
      .replace(/\s+/g, ' ')
  const programs = (await readPages()).flatMap(programsOf).filter(({ language }) => language === 'ts')
  assert.ok(programs.length > 100)
  let refused = 0
  for (const { place, blocks, source } of programs) {
    let stripped: string
    try {
      stripped = stripTypes(blocks).join('')
    } catch (error) {
      assert.ok(error instanceof SyntaxError)
      refused++
      continue
    }
    assert.equal(compile(stripped), compile(source).replace(/\/\*\*(?:(?!\*\/).)*\*\/ (?=\/\*\*)/g, ''), place)
  }
  assert.ok(refused <= 1, `${refused} programs are shown in TypeScript alone`)
})
