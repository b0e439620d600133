import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { thread as Thread } from '../../scheduler/kernel/thread.js'
import { summary } from '../../scheduler/reports/dump.js'
import { parkedStack } from '../../scheduler/stacks/parked-stack.js'
import { hideKnownSecrets } from '../diagnostics/hide-secrets.js'
import { codeOf, Descriptions, GroupSorter } from './groups.js'
import { eachAlive, type Steps } from './slices.js'

/** One stack for each group, in place of one for each greenlet. */
export function* groupDumpSteps({ hub }: typeof Thread): Steps<string> {
  const groups = new GroupSorter(hub.now(), new Map(), new Descriptions())
  const examples = new Map<string, Greenlet>()
  yield* eachAlive(hub.greenlets(), (greenlet) => {
    groups.add(greenlet)
    const { key } = codeOf(greenlet)
    if (greenlet.state === 'waiting' || !examples.has(key)) examples.set(key, greenlet)
  })
  const texts: string[] = []
  for (const { key, name, alive, waits } of groups.finish()) {
    yield
    const example = examples.get(key)!
    const what = waits.map(([text, count]) => `${count.toLocaleString('en-US')} for ${text}`).join(', ')
    const stack = example.state === 'waiting' ? parkedStack(example) : ''
    const spawned = example.spawnedAt === '' ? '' : `  spawned\n${example.spawnedAt}`
    const lines = [
      `${alive.toLocaleString('en-US')} × ${JSON.stringify(name)}${what === '' ? '' : `, waiting: ${what}`}`,
      example.dead ? '' : `  such as ${summary(example)}`,
      stack,
      spawned,
    ]
    texts.push(lines.filter((line) => line !== '').join('\n'))
  }
  return hideKnownSecrets(texts.join('\n'))
}
