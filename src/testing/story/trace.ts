import { GreenletExit } from '../../scheduler/checks/errors.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Actor } from '../choices/actor.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { Wait } from '../../scheduler/kernel/wait.js'
import { Timeout } from '../../scheduler/kernel/timeout.js'
import type { Due } from '../../scheduler/kernel/timers.js'
import type { Decision, Task } from '../choices/decision.js'
import { drawDiagram, type Row } from './diagram.js'
import { NamedTimer } from '../world/time/named-timer.js'
import type { Observer, RunView } from './observer.js'
import { currentLine, lineOfError, placeOf } from './location.js'

/** So much of an error is shown in the diagram. */
const LONGEST_ERROR = 100

/** Tells a run in words: in what it differs from production, and who ran when. */
export class Trace implements Observer {
  /** In what the run differs from production. */
  readonly switches: string[] = []
  private readonly rows: Row[] = []
  private readonly idOf = new Map<string, number>()
  private isUnusual = false

  picked(run: RunView, decision: Decision, choice: number): void {
    if (choice === 0) return
    const { count } = decision
    const chosen = this.nameOf(decision.candidate(choice % count))
    const usual = decision.candidate(0)
    const instead = usual === decision.running ? `of going on with ${this.nameOf(usual)}` : `of ${this.nameOf(usual)}`
    const held = choice < count ? '' : ', and hold that back'
    this.addSwitch(run, `run ${chosen} instead ${instead}${held}`)
  }

  chose(run: RunView, describe: (nameOf: (actor: Actor) => string) => string): void {
    this.addSwitch(
      run,
      describe((actor) => `"${this.labelOf(actor)}"`),
    )
  }

  private addSwitch({ last }: RunView, text: string): void {
    const afterwards = last === null ? '' : `after "${this.labelOf(last)}" at ${placeOf(last)}: `
    this.switches.push(`${afterwards}${text}`)
    this.isUnusual = true
  }

  stepped(run: RunView, actor: Actor): void {
    const text = actor.dead ? endOf(actor) : placeOf(actor)
    this.addRow(run, this.labelOf(actor), text)
  }

  ringing(run: RunView, timer: Due): void {
    this.addRow(run, '', timer instanceof NamedTimer ? timer.event : `${this.nameOf(timer)} rings`)
  }

  killed(run: RunView, greenlet: Greenlet, error: Error): void {
    const by = thread.greenlet
    const reason = error instanceof GreenletExit ? '' : ` by ${shorten(String(error))}`
    const line = currentLine()
    const text = `${line}${line === '' ? '' : ' '}kills "${this.labelOf(greenlet)}"${reason}`
    this.addRow(run, by === null ? '' : this.labelOf(by), text)
  }

  private addRow({ now }: RunView, who: string, text: string): void {
    this.rows.push({ time: now, who, text, isUnusual: this.isUnusual })
    this.isUnusual = false
  }

  private nameOf(candidate: Task | Due): string {
    if ('resume' in candidate) return `"${this.labelOf(candidate)}"`
    if (!(candidate instanceof Wait)) {
      const wait = limitedBy(candidate)
      return wait === undefined ? describeTimer(candidate) : `the timeout of ${this.nameOf(wait)}`
    }
    const { greenlet, operation } = candidate as Wait<unknown>
    return greenlet === null ? operation.describe() : `${operation.describe()} of "${this.labelOf(greenlet)}"`
  }

  /** The name; with the number if another one has the same. */
  private labelOf({ name, id }: Pick<Task, 'name' | 'id'>): string {
    const first = this.idOf.get(name) ?? id
    this.idOf.set(name, first)
    return id === first ? name : `${name}#${id}`
  }

  /** A diagram of the order in which greenlets ran. */
  get diagram(): string {
    return drawDiagram(this.rows)
  }
}

function endOf(actor: Actor): string {
  if (actor.successful) return actor.value instanceof GreenletExit ? 'ends, killed' : 'ends'
  const line = lineOfError(actor.error)
  return `fails${line === '' ? '' : ` at ${line}`}: ${shorten(String(actor.error))}`
}

function shorten(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, LONGEST_ERROR)
}

// The wait that ends when the timer rings, for one that was given a \`timeout\`.
function limitedBy(timer: Due): Wait<unknown> | undefined {
  const { wait } = timer as { wait?: unknown }
  return wait instanceof Wait ? wait : undefined
}

function describeTimer(timer: Due): string {
  if (timer instanceof NamedTimer) return `what is due (${timer.event})`
  const { timeout } = timer as { timeout?: unknown }
  return timeout instanceof Timeout ? `the timeout of ${timeout.milliseconds} ms` : 'a timer'
}
