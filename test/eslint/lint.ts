import { Linter } from 'eslint'
import gvent from 'gvent/eslint'

const linter = new Linter()
const recommended: Linter.Config[] = [gvent.configs.recommended]

/** What `configs.recommended`, or others, say of a JavaScript module, as `rule: message`. */
export function lint(code: string, filename = 'program.js', configs = recommended): string[] {
  return verify(code, filename, configs).map(
    ({ ruleId, message }) => `${String(ruleId).replace('gvent/', '')}: ${message}`,
  )
}

/** The module after the suggestion of each message was followed. */
export function follow(code: string, configs = recommended): string {
  for (let rounds = 0; rounds < 10; rounds++) {
    const fix = verify(code, 'program.js', configs).find(({ suggestions }) => suggestions?.length)?.suggestions?.[0]
      ?.fix
    if (fix === undefined) return code
    code = code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1])
  }
  return code
}

function verify(code: string, filename: string, configs: Linter.Config[]): Linter.LintMessage[] {
  const messages = linter.verify(code, configs, { filename })
  const broken = messages.find(({ fatal }) => fatal)
  if (broken !== undefined) throw new Error(`${broken.message} in ${code}`)
  return messages
}
