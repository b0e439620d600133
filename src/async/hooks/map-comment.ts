import type { SourceMap } from '../lowering/source-map.js'

const START = '\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,'

/** Puts a source map behind a text. @internal */
export function withSourceMap(text: string, map: SourceMap): string {
  return `${text}${START}${Buffer.from(JSON.stringify(map)).toString('base64')}\n`
}

/** Takes the source map from behind a text, where {@link withSourceMap} put it. @internal */
export function splitSourceMap(text: string): { code: string; map: SourceMap | null } {
  const at = text.lastIndexOf(START)
  if (at === -1) return { code: text, map: null }
  const json = Buffer.from(text.slice(at + START.length), 'base64').toString()
  return { code: text.slice(0, at), map: JSON.parse(json) as SourceMap }
}

/** Whether a text has a source map, or says where it is. @internal */
export function hasSourceMap(text: string): boolean {
  return /^\/\/[#@] sourceMappingURL=/m.test(text)
}
