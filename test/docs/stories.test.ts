import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProgram, withoutProcesses as skip } from '../io/program.js'
import { gvent, root } from '../console/programs.js'

// The stories of the page are run as printed: each program, under its load; each command; and the program with the fix.
const page = await readFile(join(root, 'docs', 'observability.md'), 'utf8')

interface Story {
  readonly program: string
  readonly transcripts: readonly string[]
  readonly fix: string
}

function storyOf(file: string): Story {
  const begin = page.lastIndexOf('\n## ', page.indexOf(`// ${file}`))
  const section = page.slice(begin, page.indexOf('\n## ', begin + 1))
  const blocks = Array.from(section.matchAll(/```(\w+)\n(.*?)```/gs), ([, language, text]) => ({
    language,
    text: text!,
  }))
  const [program, fix] = blocks.filter(({ language }) => language === 'js')
  return {
    program: program!.text,
    transcripts: blocks.filter(({ language }) => language === 'text').map(({ text }) => text),
    fix: fix!.text,
  }
}

/** The program with the function or the server of the fix in place of its own. */
function fixed({ program, fix }: Story): string {
  const [first] = fix.split('\n')
  const begin = program.indexOf(/^.*?\w+(?= =|\()/.exec(first!)![0])
  const end = /\n\}\)?\n/.exec(program.slice(begin))!
  return program.slice(0, begin) + fix + program.slice(begin + end.index + end[0].length)
}

interface Running {
  readonly pid: number
  readonly port: number
  readonly folder: string
}

async function running(file: string, program: string, check: (running: Running) => Promise<void>): Promise<void> {
  // In the package's own folder, so that the program finds the package by its name.
  const folder = await mkdtemp(join(root, 'build', 'story-'))
  const path = join(folder, file)
  // The lines stay where they are.
  await writeFile(
    path,
    `${program.replace(/port: \d+/, 'port: 0').trimEnd()}; console.log('port', server.address().port, '.')`,
  )
  const { child, printed } = startProgram(['--inspect-port=0', path])
  let text = ''
  child.stdout!.on('data', (chunk: string) => (text += chunk))
  try {
    await printed('.\n')
    await check({ pid: child.pid!, port: Number(/port (\d+)/.exec(text)![1]), folder })
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
    await rm(folder, { recursive: true })
  }
}

/** Asks, and does not mind that no answer comes. @returns the status; 0 when the connection ends without one. */
function ask(port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    }).on('error', () => {
      resolve(0)
    })
  })
}

/** A line without what differs each time. */
function comparable(line: string, folder: string): string {
  return line
    .replaceAll(`${folder}/`, '/srv/')
    .replace(/\.js:[\d:]+|v?\d[\d.,]*/g, (text) => (text.startsWith('.js') ? text : '0'))
    .replace(/ +/g, ' ')
    .trim()
}

/** Another look may have left a socket for some seconds, so that no signal is needed. */
const saysSignal = (line: string): boolean => line.startsWith('gvent: sent SIGUSR1')

/** Runs the commands of a transcript. Each line of it has to come, in that order; `…` stands for others. */
async function follow(transcript: string, { pid, folder }: Running): Promise<void> {
  for (const part of transcript.split(/^\$ npx gvent /m).slice(1)) {
    const [command, ...lines] = part.trim().split('\n')
    const args = command!.split(' ').map((each) => (/^\d+$/.test(each) ? pid : each))
    const { stdout, stderr } = await gvent(...args)
    const printed = `${stderr}${stdout}`
      .split('\n')
      .filter((line) => !saysSignal(line))
      .map((line) => comparable(line, folder))
    let at = 0
    let mayOmit = false
    for (const line of lines) {
      if (saysSignal(line)) continue
      if (line === '…') {
        mayOmit = true
        continue
      }
      // The end of a long one is cut off at the width.
      const [wanted] = comparable(line, folder).split(/.{3}…$/)
      const found = printed.findIndex((each, index) => index >= at && each.startsWith(wanted!))
      assert.ok(
        found >= 0 && (mayOmit || found === at),
        `${command!} has not printed next: ${line}\n${stderr}${stdout}`,
      )
      at = found + 1
      mayOmit = false
    }
  }
}

test('requests that pile up behind a lock', { skip }, async () => {
  const story = storyOf('api.js')
  await running('api.js', story.program, async (program) => {
    for (let client = 0; client < 20; client++) void ask(program.port, '/')
    while (!(await gvent('dump', program.pid)).stdout.includes('22 greenlets alive'));
    for (const transcript of story.transcripts) await follow(transcript, program)
  })
  await running('api.js', fixed(story), async ({ port }) => {
    assert.equal(await ask(port, '/'), 200)
  })
})

test('a leak of one greenlet a request', { skip }, async () => {
  const story = storyOf('feed.js')
  const aliveAfter = async (source: string, looks: boolean): Promise<number> => {
    let alive = -1
    await running('feed.js', source, async (program) => {
      const timer = setInterval(() => void ask(program.port, '/'), 50)
      try {
        if (looks) for (const transcript of story.transcripts) await follow(transcript, program)
      } finally {
        clearInterval(timer)
      }
      for (let request = 0; request < 30; request++) assert.equal(await ask(program.port, '/'), 200)
      const { stdout } = await gvent('top', '--once', '--json', program.pid)
      alive = (JSON.parse(stdout) as { counts: { alive: number } }).counts.alive
    })
    return alive
  }
  assert.ok((await aliveAfter(story.program, true)) > 30)
  assert.ok((await aliveAfter(fixed(story), false)) < 10)
})

test('a core at 100 %', { skip }, async () => {
  const story = storyOf('busy.js')
  await running('busy.js', story.program, async (program) => {
    assert.equal(await ask(program.port, '/?from=27'), 200)
    void ask(program.port, '/?from=0')
    while (!(await gvent('dump', program.pid)).stdout.includes('Blocked'));
    for (const transcript of story.transcripts) await follow(transcript, program)
  })
  await running('busy.js', fixed(story), async ({ port }) => {
    assert.equal(await ask(port, '/?from=0'), 500)
    assert.equal(await ask(port, '/?from=27'), 200)
  })
})
