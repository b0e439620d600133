/** Which module of the package belongs to which of the parts that are loaded late, and what each part offers to the others. */
import { readModules } from './modules.js'

/**
 * Divides the package.
 * @param {object} options
 * @param {Readonly<Record<string, readonly string[]>>} options.parts the folders and files that each part begins with; what only they
 *   import belongs to it, too
 * @param {(id: string) => boolean} options.isKept whether a module of such a folder is needed at once
 * @param {readonly string[]} options.entries
 * @param {(source: string, importer: string) => string | undefined} options.resolve
 */
export function divide({ parts, isKept, entries, resolve }) {
  const modules = readModules(entries, resolve)
  const partOf = new Map()
  for (const id of modules.keys()) {
    const part = Object.keys(parts).find((name) => parts[name].some((path) => id.startsWith(path)))
    if (part !== undefined && !isKept(id)) partOf.set(id, part)
  }
  addWhatOnlyTheyImport(modules, partOf, entries)
  const dynamic = [...modules.values()].flatMap(({ uses }) => uses.filter(({ isDynamic }) => isDynamic))
  const roots = new Set([...entries, ...dynamic.map(({ id }) => id)])
  return { modules, partOf, roots, resolve, offered: offersOf(modules, partOf) }
}

function addWhatOnlyTheyImport(modules, partOf, entries) {
  const early = new Set(entries)
  const follow = () => {
    for (const id of early) for (const use of modules.get(id).uses) if (!partOf.has(use.id)) early.add(use.id)
  }
  follow()
  for (let grows = true; grows;) {
    grows = false
    for (const [id, { uses }] of modules) {
      for (const use of uses) {
        if (!partOf.has(id) || partOf.has(use.id) || early.has(use.id)) continue
        const importers = [...modules].filter(([, module]) => module.uses.some((other) => other.id === use.id))
        if (importers.every(([importer]) => partOf.get(importer) === partOf.get(id))) partOf.set(use.id, partOf.get(id))
        else if (importers.every(([importer]) => partOf.has(importer))) {
          early.add(use.id)
          follow()
        } else continue
        grows = true
      }
    }
  }
}

/** What each part exports to modules that are not in it: the name there, by module and name. */
function offersOf(modules, partOf) {
  const offered = new Map([...new Set(partOf.values())].map((part) => [part, new Map()]))
  for (const [importer, { uses }] of modules) {
    for (const { id, names } of uses) {
      const part = partOf.get(id)
      if (part === undefined || partOf.get(importer) === part) continue
      if (names.length === 0) throw new Error(`${importer} needs ${id}, which is loaded late, as a whole`)
      const own = offered.get(part)
      const byName = own.get(id) ?? new Map()
      own.set(id, byName)
      const taken = new Set([...own.values()].flatMap((each) => [...each.values()]))
      for (const name of names) {
        if (byName.has(name)) continue
        byName.set(name, taken.has(name) ? `${name}${taken.size}` : name)
        taken.add(name)
      }
    }
  }
  return offered
}
