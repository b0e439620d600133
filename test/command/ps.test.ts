import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gvent, jam, startTarget } from '../console/programs.js'
import { withoutProcesses as skip } from '../io/program.js'

interface Row {
  pid: number
  evidence: string
  alive?: number
}

const rowsOf = (text: string): Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)

test('gvent ps lists a program that uses gvent, and signals nobody', { skip }, async () => {
  const { child, printed } = startTarget(`process.on('SIGUSR1', () => console.log('signalled'))\n${jam}`)
  try {
    await printed('jammed')
    let signalled = false
    child.stdout!.on('data', () => (signalled = true))
    const { code, stdout } = await gvent('ps', '--json')
    assert.equal(code, 0)
    assert.ok(rowsOf(stdout).some(({ pid }) => pid === child.pid))
    assert.match((await gvent('ps')).stdout, new RegExp(`^PID .*\n(?:.*\n)*${child.pid!} `))
    assert.equal(signalled, false)
  } finally {
    child.kill('SIGKILL')
  }
})
