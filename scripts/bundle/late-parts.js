/**
 * The parts of the package that many programs do without. Each is a file of its own, which is read when one of its functions or
 * classes is first used: most of what an import costs is that the engine reads the text.
 *
 * The modules of the package import each other as modules do. Here such an import becomes a call that loads the part, wherever
 * its name is used; and what an entry passes on becomes a function, or a class, that loads the part when it is called.
 *
 * A part is CommonJS, which every Node can load within a call. It is a function of what it takes from the other modules, since
 * these are ES modules, and are there once only.
 */
import { parse } from 'acorn'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import MagicString from 'magic-string'
import { rollup } from 'rollup'
import { declarationOf } from './modules.js'
import { replaceUses } from './references.js'

/** How the names of the modules begin that are made here. */
export const latePrefix = '\0late:'

/** Has the modules that are not in a part load it. `needs` are the imports of each part, once it is written. */
export function latePlugin(division, needs) {
  const { modules, partOf, roots, resolve, offered } = division
  return {
    name: 'late-parts',
    resolveId: (id) => (id.startsWith(latePrefix) ? id : null),
    load(id) {
      if (!id.startsWith(latePrefix)) return null
      const [kind, part] = id.slice(latePrefix.length).split('/')
      return { access: accessTo, needs: needsOf, shells: shellsOf, classes: () => lateClasses }[kind](part)
    },
    transform(code, id) {
      if (!modules.has(id)) return null
      const text = new MagicString(code)
      const ast = parse(code, { ecmaVersion: 'latest', sourceType: 'module', ranges: true })
      const lateOf = (node) => {
        const part = node.source ? partOf.get(resolve(node.source.value, id)) : undefined
        return part === partOf.get(id) ? undefined : part
      }
      const imports = new Set()
      replaceUses(text, ast, (node, { imported }) => {
        const part = lateOf(node)
        if (part === undefined) return undefined
        imports.add(part)
        return `${accessorOf(part)}().${offered.get(part).get(resolve(node.source.value, id)).get(imported.name)}`
      })
      for (const node of ast.body) {
        const part = lateOf(node)
        if (part === undefined) continue
        if (node.type === 'ImportDeclaration') text.remove(node.start, node.end)
        else text.overwrite(node.start, node.end, passOn(node, part))
      }
      for (const part of imports)
        text.appendLeft(ast.body[0].start, `import { ${accessorOf(part)} } from '${latePrefix}access/${part}';`)
      // After all else that it imports. A module that a part needs in its turn cannot be the one to import those needs.
      const given = roots.has(id) ? partsUsedBy(id) : [...imports].filter((part) => !isNeededBy(part, id))
      for (const part of given) text.append(`\nimport '${latePrefix}needs/${part}'\n`)
      return text.hasChanged() ? { code: text.toString(), map: text.generateMap({ hires: true }) } : null

      function passOn({ specifiers, source }, part) {
        const names = offered.get(part).get(resolve(source.value, id))
        const passed = specifiers.map(({ local, exported }) => `${names.get(local.name)} as ${exported.name}`)
        return `export { ${passed.join(', ')} } from '${latePrefix}shells/${part}'`
      }
    },
  }

  /** The parts that can be loaded once a module is that nothing of its file imports. */
  function partsUsedBy(root) {
    return new Set([...reachedFrom([root])].flatMap((id) => partOf.get(id) ?? []))
  }

  function isNeededBy(part, module) {
    return reachedFrom([...partOf.keys()].filter((id) => partOf.get(id) === part)).has(module)
  }

  function reachedFrom(ids) {
    const reached = new Set(ids)
    for (const id of reached) for (const use of modules.get(id).uses) if (!use.isDynamic) reached.add(use.id)
    return reached
  }

  function accessTo(part) {
    return `import { openPart } from '${latePrefix}classes'
      let needs
      let names
      export function ${provideOf(part)}(given) { needs = given }
      export function ${accessorOf(part)}() { return names ?? (names = openPart('${fileOf(part)}')(needs())) }`
  }

  function needsOf(part) {
    const lines = needs.get(part).map(({ id, name, key }) => {
      return `import ${name === undefined ? '' : `{ ${name} as ${key} } from `}${JSON.stringify(id)}`
    })
    const keys = needs.get(part).flatMap(({ key }) => key ?? [])
    return `${lines.join('\n')}
      import { ${provideOf(part)} } from '${latePrefix}access/${part}'
      ${provideOf(part)}(() => ({ ${keys.join(', ')} }))`
  }

  function shellsOf(part) {
    const shells = []
    for (const { uses } of modules.values()) {
      for (const { id, names, isReexport } of uses) {
        if (!isReexport || partOf.get(id) !== part) continue
        for (const name of names) {
          const declaration = declarationOf(modules.get(id), name)
          const use = `${accessorOf(part)}().${offered.get(part).get(id).get(name)}`
          const own = offered.get(part).get(id).get(name)
          const { type, generator } = declaration ?? {}
          if (type === 'ClassDeclaration')
            shells.push([own, `export const ${own} = lateClass('${name}', () => ${use})`])
          else if (type === 'FunctionDeclaration' && !generator) {
            shells.push([own, `export function ${own}(...args) { return ${use}(...args) }`])
          } else throw new Error(`${name} of ${id} is neither a function nor a class: it cannot be loaded late`)
        }
      }
    }
    return `import { lateClass } from '${latePrefix}classes'
      import { ${accessorOf(part)} } from '${latePrefix}access/${part}'
      ${[...new Map(shells).values()].join('\n')}`
  }
}

const accessorOf = (part) => `late_${part}`
const provideOf = (part) => `provide_${part}`
const fileOf = (part) => `late-${part}.cjs`

const lateClasses = `
  import { createRequire } from 'node:module'
  let open
  export function openPart(file) { return (open ??= createRequire(import.meta.url))('./' + file) }

  // The class itself, but for its identity: it can be called, extended, asked for its names, and stands for its instances.
  export function lateClass(name, load) {
    let loaded
    const get = () => {
      if (loaded === undefined) {
        loaded = load()
        // What a proxy says of a property has to agree with what its target says.
        Object.defineProperty(constructor, 'prototype', { value: loaded.prototype, writable: false })
        Object.defineProperty(loaded.prototype, 'constructor', { value: shell })
      }
      return loaded
    }
    // In stacks it is the constructor.
    function constructor(...args) {
      const own = get()
      return new.target === undefined ? own(...args) : Reflect.construct(own, args, new.target === shell ? own : new.target)
    }
    Object.defineProperty(constructor, 'name', { value: name })
    const shell = new Proxy(constructor, new Proxy({}, {
      get: (_traps, trap) => trap === 'construct' || trap === 'apply' ? undefined : (_target, ...args) => {
        const own = get()
        // The receiver of a property is the last one.
        return Reflect[trap](own, ...args.map((arg) => (arg === shell ? own : arg)))
      },
    }))
    return shell
  }
`

/**
 * Writes the file of each part.
 * @returns {Promise<Map<string, { id: string, name?: string, key?: string }[]>>} what each imports from modules that are not in it; no
 *   name for a module that it imports for its effects
 */
export async function writeParts(division, { output, plugins, finish }) {
  const needs = new Map()
  for (const [part, offers] of division.offered) needs.set(part, await writePart(part, offers))
  return needs

  async function writePart(part, offers) {
    const { partOf, resolve } = division
    const input = `${latePrefix}part/${part}`
    const taken = []
    const graph = await rollup({
      input,
      makeAbsoluteExternalsRelative: false,
      plugins: [
        {
          name: 'one-part',
          resolveId(source, importer) {
            if (source === input) return input
            const id = source.startsWith('\0') ? source : (resolve(source, importer) ?? source)
            return { id, external: partOf.get(id) !== part }
          },
          load(id) {
            if (id !== input) return null
            const names = [...offers].flatMap(([from, byName]) =>
              [...byName].map(([name, own]) => `export { ${name} as ${own} } from ${JSON.stringify(from)}`),
            )
            return names.join('\n')
          },
        },
        ...plugins,
        latePlugin({ ...division, roots: new Set() }, needs),
      ],
      onwarn: () => undefined,
    })
    const { output: outputs } = await graph.generate({
      format: 'es',
      entryFileNames: fileOf(part),
      minifyInternalExports: false,
      sourcemap: true,
      dir: output,
      plugins: [{ name: 'function-of-its-imports', renderChunk: (code) => toFunction(code, taken) }, finish],
    })
    await graph.close()
    for (const { fileName, code, source } of outputs) await writeFile(join(output, fileName), code ?? source)
    return taken
  }
}

/** Makes a module a function of what it imports, which are added to `taken`. */
function toFunction(code, taken) {
  const text = new MagicString(code)
  const locals = []
  const names = []
  for (const node of parse(code, { ecmaVersion: 'latest', sourceType: 'module' }).body) {
    if (node.type === 'ImportDeclaration') {
      const id = node.source.value
      if (node.specifiers.length === 0) taken.push({ id })
      for (const { type, imported, local } of node.specifiers) {
        if (type !== 'ImportSpecifier' && /^[./]/.test(id)) throw new Error(`a late part imports ${id} as a whole`)
        if (type === 'ImportNamespaceSpecifier') locals.push([local.name, `require(${JSON.stringify(id)})`])
        else if (!/^[./\0]/.test(id)) {
          const member = imported === undefined ? '' : `.${imported.name}`
          locals.push([local.name, `require(${JSON.stringify(id)})${member}`])
        } else {
          const key = `${imported.name}${taken.length}`
          taken.push({ id, name: imported.name, key })
          locals.push([local.name, `needs.${key}`])
        }
      }
      text.remove(node.start, node.end)
    } else if (node.type === 'ExportNamedDeclaration') {
      for (const { local, exported } of node.specifiers) {
        names.push(local.name === exported.name ? local.name : `${exported.name}: ${local.name}`)
      }
      text.remove(node.start, node.end)
    }
  }
  const declared = locals.map(([local, value]) => `${local} = ${value}`).join(', ')
  text.prepend(`'use strict'\nmodule.exports = (function (needs) {\n${declared && `const ${declared}\n`}`)
  text.append(`\nreturn { ${names.join(', ')} }\n})\n`)
  return { code: text.toString(), map: text.generateMap({ hires: true }) }
}
