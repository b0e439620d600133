/** The forms between braces: a range of numbers or letters, or words. */
const BRACES = /\{(?:(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?|([A-Za-z])\.\.([A-Za-z])|([^{},]*,[^{}]*))\}/

/** The texts that a template stands for, one by one: `{001..100}`, `{1..10..3}`, `{a..e}`, `{one,two}`, as in a shell. */
export function* expandTemplate(template: string): Generator<string, void, undefined> {
  const found = BRACES.exec(template)
  if (found === null) {
    yield template
    return
  }
  const before = template.slice(0, found.index)
  const after = template.slice(found.index + found[0].length)
  for (const value of valuesOf(found)) for (const rest of expandTemplate(after)) yield before + value + rest
}

/** How many texts a template stands for. */
export function countTemplate(template: string): number {
  const found = BRACES.exec(template)
  if (found === null) return 1
  const [, from, to, step] = found
  const own =
    from !== undefined && to !== undefined
      ? Math.floor(Math.abs(Number(to) - Number(from)) / Math.max(1, Math.abs(Number(step ?? 1)))) + 1
      : Array.from(valuesOf(found)).length
  return own * countTemplate(template.slice(found.index + found[0].length))
}

function* valuesOf(found: RegExpExecArray): Generator<string, void, undefined> {
  const [, from, to, step, first, last, words] = found
  if (words !== undefined) yield* words.split(',')
  else if (first !== undefined && last !== undefined) {
    for (const code of range(first.charCodeAt(0), last.charCodeAt(0), 1)) yield String.fromCharCode(code)
  } else {
    const isPadded = [from!, to!].some((text) => /^-?0\d/.test(text))
    const width = isPadded ? Math.max(from!.length, to!.length) : 0
    for (const number of range(Number(from), Number(to), Number(step ?? 1))) yield pad(number, width)
  }
}

function* range(from: number, to: number, step: number): Generator<number, void, undefined> {
  const by = Math.max(1, Math.abs(step)) * (to < from ? -1 : 1)
  for (let value = from; by > 0 ? value <= to : value >= to; value += by) yield value
}

function pad(number: number, width: number): string {
  const digits = String(Math.abs(number))
  return number < 0 ? `-${digits.padStart(width - 1, '0')}` : digits.padStart(width, '0')
}
