import assert from 'node:assert/strict'
import { startProgram } from '../io/program.js'

/**
 * Runs a program that knows nothing of gvent without the patch and with it, in both ways to preload it. It must print
 * the same each time, and nothing on stderr.
 *
 * @param source the text of an ES module, which has `args` in `process.argv` from 1 on.
 * @returns what it printed.
 */
export async function printedPlainly(source: string, ...args: (string | number)[]): Promise<string> {
  const run = async (...preload: string[]): Promise<string> => {
    const command = [...preload, '--input-type=module', '--eval', source, ...args.map(String)]
    const { code, signal, stdout, stderr } = await startProgram(command).ended
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' }, `${preload.join(' ')}\n${stderr}`)
    return stdout
  }
  const printed = await run()
  assert.equal(await run('--import', 'gvent/register'), printed)
  assert.equal(await run('--require', 'gvent/register'), printed)
  return printed
}
