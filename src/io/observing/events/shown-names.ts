import type { Greenlet } from '../../../scheduler/greenlets/greenlet.js'
import { Fiber } from '../../../scheduler/kernel/fiber.js'
import { watchHub } from './hub-events.js'
import { MethodHook } from './method-hook.js'

/** A piece of work as the engine's debugger knows it: `console.createTask`. */
interface Task {
  run<T>(step: () => T): T
}

type Resume = () => boolean

/** The name under which the engine shows a greenlet. */
interface Label {
  readonly name: string
  readonly task: Task
  readonly resume: Resume
}

/** So many names get a frame of their own; a program that calls each greenlet otherwise would have one compiled for each. */
const MOST_FRAMES = 1000

const { createTask } = console as unknown as { createTask?: (name: string) => Task }
const resume = new MethodHook(Fiber.prototype, 'resume')
const frames = new Map<string, (step: Resume) => Resume>()

/** Shows the names from now on. @returns a function that ends it. */
export function showNames(): () => void {
  const labels = new WeakMap<object, Label>()
  const spawns = new WeakMap<object, Task>()
  const stops = [
    resume.add((original) => {
      const step = original as (this: object) => boolean
      return function (this: object): boolean {
        let label = labels.get(this)
        const { name } = this as Greenlet
        if (label?.name !== name) {
          label = labelOf(this as Greenlet, () => step.call(this), spawns.get(this))
          labels.set(this, label)
        }
        return label.task.run(label.resume)
      }
    }),
    watchHub({
      started(greenlet) {
        spawns.set(greenlet, taskOf(greenlet))
      },
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function labelOf(greenlet: Greenlet, step: Resume, spawn: Task | undefined): Label {
  const { name } = greenlet
  // Made in the task that was made at its spawn, it has the stack of that behind it.
  const task = spawn === undefined ? taskOf(greenlet) : spawn.run(() => taskOf(greenlet))
  return { name, task, resume: frameOf(name)(step) }
}

function taskOf({ name, id }: Greenlet): Task {
  return createTask?.(`${name} #${id}`) ?? { run: (step) => step() }
}

// A profile has the names of functions as they were compiled; those that are set later do not count. Debuggers step
// over what has an address of Node's insides, and reports leave it out.
function frameOf(name: string): (step: Resume) => Resume {
  let frame = frames.get(name)
  if (frame !== undefined) return frame
  if (name === '' || frames.size >= MOST_FRAMES) return (step) => step
  try {
    const code = `return (step) => ({ ${JSON.stringify(name)}() { return step() } })[${JSON.stringify(name)}]\n//# sourceURL=node:internal/gvent/greenlet`
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the name is quoted
    frame = (new Function(code) as () => (step: Resume) => Resume)()
  } catch {
    // The program may not make code of texts.
    frame = (step) => step
  }
  frames.set(name, frame)
  return frame
}
