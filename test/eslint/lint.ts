import { Linter } from 'eslint'
import gvent from 'gvent/eslint'

const linter = new Linter()

/** What `configs.recommended` says of a JavaScript module, as `rule: message`. */
export function lint(code: string, filename = 'program.js'): string[] {
  return verify(code, filename).map(({ ruleId, message }) => `${String(ruleId).replace('gvent/', '')}: ${message}`)
}

/** The module after the suggestion of each message was followed. */
export function follow(code: string): string {
  for (let rounds = 0; rounds < 10; rounds++) {
    const fix = verify(code, 'program.js').find(({ suggestions }) => suggestions?.length)?.suggestions?.[0]?.fix
    if (fix === undefined) return code
    code = code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1])
  }
  return code
}

function verify(code: string, filename: string): Linter.LintMessage[] {
  const messages = linter.verify(code, [gvent.configs.recommended], { filename })
  const broken = messages.find(({ fatal }) => fatal)
  if (broken !== undefined) throw new Error(`${broken.message} in ${code}`)
  return messages
}
