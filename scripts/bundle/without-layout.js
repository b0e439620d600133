import { parse } from 'acorn'
import MagicString from 'magic-string'

/**
 * Takes the comments and the indentation out of a bundle, and writes other characters than those of ASCII as escapes: the
 * engine reads each character before a program starts, and keeps the text in memory, at two bytes a character if there is
 * one of the others. Lines and names stay, for those who read a stack.
 */
export const withoutLayout = {
  name: 'without-layout',
  renderChunk(code) {
    const text = new MagicString(code)
    const comments = []
    const templates = []
    parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      onComment: (_block, _text, start, end) => comments.push([start, end]),
      onToken: ({ type, start, end }) => void (type.label === 'template' && templates.push([start, end])),
    })
    for (const [start, end] of comments) {
      // The line that says to a shell what runs the file.
      if (code.startsWith('#!', start)) continue
      const isWholeLine =
        /(?:^|\n)[ \t]*$/.test(code.slice(code.lastIndexOf('\n', start) + 1, start)) && code[end] === '\n'
      if (isWholeLine) text.remove(code.lastIndexOf('\n', start) + 1, end + 1)
      else text.remove(start, end)
    }
    const isOutside = (ranges, index) => ranges.every(([start, end]) => index < start || index >= end)
    for (const { 0: indentation, index } of code.matchAll(/^[ \t]+(?=\S)/gm)) {
      const isCode = isOutside(comments, index + indentation.length) && isOutside(templates, index)
      if (isCode) text.remove(index, index + indentation.length)
    }
    for (const { 0: character, index } of code.matchAll(/[^\0-\x7f]/g)) {
      if (!isOutside(comments, index)) continue
      text.overwrite(index, index + 1, `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    }
    return { code: text.toString(), map: text.generateMap({ hires: true }) }
  },
}
