import type { Greenlet } from '../../../scheduler/greenlets/greenlet.js'
import { described, messageOf } from '../../../scheduler/checks/show.js'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { thread as Thread } from '../../../scheduler/kernel/thread.js'
import { hideKnownSecrets } from '../../diagnostics/hide-secrets.js'
import { watchHub, type HubListener } from '../events/hub-events.js'
import { fetchChannels, requestChannels, type Exchange, type ExchangeChannels } from '../events/exchange.js'
import { codeOf, placeOf } from '../groups.js'
import { others } from '../../../scheduler/reports/listed.js'
import { CallSteps } from './call-steps.js'
import { OpenExchanges } from './open-exchanges.js'
import { titleOf, type Recording, type RecordedGreenlet } from './recording.js'
import { EVENT, greenletsIn, NEW, Ring } from './ring.js'
import { Texts } from './texts.js'

/** How many events are kept, unless said otherwise: about 8 MB. */
export const CAPACITY: number = 1 << 18

/** A text of the program's own is cut to so many characters. */
const LONGEST_TEXT = 200
/** When there are more texts than that, those that no event refers to any more are forgotten. */
const TEXTS = 1 << 16
/** So many milliseconds are between two looks at how late the loop is. */
const LOAD_INTERVAL = 20
/** How many living greenlets are listed, those with events first. */
const TOLD_ALIVE = 20_000
/** Of a group without a known place, one greenlet of so many is asked where it was spawned. */
const PLACES_ASKED = 16

// Taken once: a test may put a clock of its own in its place.
const { performance } = globalThis
const now = performance.now.bind(performance)

/**
 * Writes down what the hub of this thread does, into a ring. Each step costs one reading of the clock; one with a wait
 * another one and the text of the wait.
 */
export class Recorder {
  private readonly ring: Ring
  private readonly texts = new Texts()
  private textLimit = TEXTS
  private waits = new WeakMap<object, Map<unknown, number>>()
  /** Where greenlets of a group are spawned. */
  private readonly places = new Map<string, string>()
  private placesAsked = 0
  private readonly open = { [EVENT.REQUEST]: new OpenExchanges(), [EVENT.FETCH]: new OpenExchanges() }
  /** Texts of requests and fetches, by method and address: to put the two together each time takes longer than all else. */
  private exchanges = new Map<string, Map<string, number>>()
  private readonly calls = new CallSteps(
    {
      waited: (id, awaits, began, ended) => {
        this.put(EVENT.WAITED, id, 0, this.numberOf(awaits), began, ended)
      },
      ended: (id, name, began, ended) => {
        const text = this.numberOf(name)
        this.put(EVENT.ENDED, id, text, text, began, ended)
      },
    },
    now,
  )
  private readonly stops: (() => void)[] = []
  /** When the step that runs was begun, and the turn. */
  private began = 0
  private turn = 0
  private readonly startedAt = now()
  /** The greenlet in whose step the recording was begun: the hub will not say when that ends. */
  private interrupted: Greenlet | null

  /**
   * Begins at once.
   *
   * @param thread the thread, as this copy of the library knows it.
   * @param capacity how many events are kept: a power of two.
   */
  constructor(
    private readonly thread: typeof Thread,
    capacity: number = CAPACITY,
  ) {
    this.ring = new Ring(capacity)
    this.began = this.startedAt
    this.interrupted = thread.greenlet
    const listener: HubListener = {
      stepped: (greenlet) => {
        this.stepEnded(greenlet)
      },
      woken: (greenlet) => {
        this.calls.flush(null)
        const { greenlet: waker } = thread
        if (this.interrupted !== null && waker !== this.interrupted) this.endInterrupted(listener)
        this.put(EVENT.WOKEN, waker === null ? 0 : waker.id, greenlet.id, 0, now(), greenlet.frame === null ? NEW : 0)
      },
      killed: (greenlet, error) => {
        const by = thread.greenlet?.id ?? 0
        this.put(EVENT.KILLED, by, greenlet.id, this.numberOf(messageOf(error)), now(), 0)
      },
      timedOut: (greenlet, error) => {
        this.put(EVENT.TIMED_OUT, greenlet.id, 0, this.numberOf(messageOf(error)), now(), 0)
      },
      turnBegan: () => {
        this.calls.flush(null)
        if (this.interrupted !== null) this.endInterrupted(listener)
        this.turn = this.began = now()
      },
      turnEnded: () => {
        // It is over with its last step.
        if (this.turn !== 0) this.put(EVENT.TURN, 0, 0, 0, this.turn, this.began)
      },
    }
    if (this.interrupted !== null) listener.stepping = () => this.endInterrupted(listener)
    this.stops.push(watchHub(listener), others.watchCalls(this.calls), this.watchExchanges(), this.watchLoad())
  }

  private stepEnded(greenlet: Greenlet): void {
    const { began } = this
    const time = (this.began = now())
    const awaits = this.calls.flush(greenlet)
    const { wait } = greenlet
    if (wait?.parked) {
      const text = awaits === undefined ? this.waitText(wait.operation) : this.numberOf(awaits)
      this.put(EVENT.WAITED, greenlet.id, 0, text, began, time)
    } else if (!greenlet.dead) this.put(EVENT.GAVE_WAY, greenlet.id, 0, 0, began, time)
    else this.put(EVENT.ENDED, greenlet.id, this.groupText(greenlet), this.numberOf(greenlet.name), began, time)
  }

  private endInterrupted(listener: HubListener): void {
    listener.stepping = undefined
    const greenlet = this.interrupted!
    this.interrupted = null
    this.began = this.startedAt
    this.stepEnded(greenlet)
  }

  // Those of one lock or queue have one text, made once.
  private waitText(operation: Operation<unknown>): number {
    const subject = operation.subject?.()
    if (subject === undefined) return this.numberOf(described(operation))
    let texts = this.waits.get(subject)
    if (texts === undefined) this.waits.set(subject, (texts = new Map<unknown, number>()))
    let text = texts.get(operation.constructor)
    if (text === undefined) texts.set(operation.constructor, (text = this.numberOf(described(operation))))
    return text
  }

  private groupText(greenlet: Greenlet): number {
    const { key } = codeOf(greenlet)
    const place = this.places.get(key)
    // A stack takes long, and of many greenlets there is none.
    if (place === undefined || (place === '' && ++this.placesAsked % PLACES_ASKED === 0))
      this.places.set(key, placeOf(greenlet))
    return this.numberOf(key)
  }

  // Texts get other numbers only here, when nobody else has any.
  private put(kind: number, a: number, b: number, c: number, t: number, u: number): void {
    const { ring, texts } = this
    ring.put(kind, a, b, c, t, u)
    if (texts.size <= this.textLimit) return
    texts.compact((renumber) => {
      ring.renumberTexts(renumber)
    })
    this.exchanges = new Map()
    this.waits = new WeakMap()
    this.textLimit = Math.max(TEXTS, texts.size * 2)
  }

  private numberOf(text: string): number {
    return this.texts.numberOf(text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`)
  }

  private exchangeText({ method, url }: Exchange): number {
    let texts = this.exchanges.get(method)
    if (texts === undefined) this.exchanges.set(method, (texts = new Map<string, number>()))
    let text = texts.get(url)
    if (text === undefined) texts.set(url, (text = this.numberOf(`${method} ${url}`)))
    return text
  }

  private watchExchanges(): () => void {
    const stops = [this.watch(requestChannels(), EVENT.REQUEST), this.watch(fetchChannels(), EVENT.FETCH)]
    return () => {
      for (const stop of stops) stop()
    }
  }

  private watch(channels: ExchangeChannels, kind: typeof EVENT.REQUEST | typeof EVENT.FETCH): () => void {
    const open = this.open[kind]
    return channels.subscribe(
      (exchange) => {
        open.add(exchange)
      },
      (exchange) => {
        if (exchange.began < this.startedAt) return
        const { began, milliseconds, greenlet, status } = exchange
        this.put(kind, greenlet?.id ?? 0, status, this.exchangeText(exchange), began, began + milliseconds)
      },
    )
  }

  private watchLoad(): () => void {
    let expected = now() + LOAD_INTERVAL
    const timer = setInterval(() => {
      const time = now()
      this.put(EVENT.LOAD, this.thread.hub.alive, 0, 0, time, Math.max(0, time - expected))
      expected = time + LOAD_INTERVAL
    }, LOAD_INTERVAL)
    timer.unref()
    return () => {
      clearInterval(timer)
    }
  }

  /** Ends it; what was recorded can be taken still. */
  stop(): void {
    for (const stop of this.stops.splice(0)) stop()
  }

  /**
   * Returns the recording so far, in an object of its own.
   *
   * @param last only so many milliseconds, those before now.
   */
  take(last: number = Infinity): Recording {
    const { thread, ring, texts } = this
    this.calls.flush(null)
    const to = now()
    const cells = ring.copy()
    const alive = this.alive(greenletsIn(cells))
    const open = [...this.openOf(EVENT.REQUEST), ...this.openOf(EVENT.FETCH)]
    const oldest = ring.count > ring.capacity ? cells[2]! : this.startedAt
    return {
      version: 1,
      ...titleOf(),
      from: Math.max(oldest, to - last),
      to,
      epoch: performance.timeOrigin,
      running: thread.greenlet?.id ?? 0,
      began: this.began,
      cells,
      alive,
      open,
      places: Array.from(this.places).filter(([, place]) => place !== ''),
      texts: texts.all().map(hideKnownSecrets),
    }
  }

  private openOf(kind: typeof EVENT.REQUEST | typeof EVENT.FETCH): Recording['open'] {
    return this.open[kind].all().map((exchange) => ({
      kind,
      greenlet: exchange.greenlet?.id ?? 0,
      text: this.exchangeText(exchange),
      began: exchange.began,
    }))
  }

  private alive(seen: ReadonlySet<number>): RecordedGreenlet[] {
    const { hub } = this.thread
    const offset = performance.now() - hub.now()
    const greenlets = hub.greenlets().sort((one, other) => Number(seen.has(other.id)) - Number(seen.has(one.id)))
    const calls = Array.from(this.calls.open, ([id, name]) => {
      const text = this.numberOf(name)
      return { id, name: text, group: text, waitsFor: 0, since: -1 }
    })
    const rows = greenlets.slice(0, TOLD_ALIVE).map((greenlet) => {
      const { id, name, wait, state } = greenlet
      const isWaiting = state === 'waiting' && wait !== null
      return {
        id,
        name: this.numberOf(name),
        group: this.groupText(greenlet),
        waitsFor: isWaiting ? this.waitText(wait.operation) : 0,
        since: isWaiting ? wait.since + offset : -1,
      }
    })
    return [...rows, ...calls]
  }
}
