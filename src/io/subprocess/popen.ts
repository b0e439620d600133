import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { all } from '../../scheduler/waits/combinators.js'
import { call } from '../../scheduler/greenlets/call.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { showAs } from '../../scheduler/checks/node-inspect.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { Timer } from '../../scheduler/kernel/timers.js'
import { Line } from '../../scheduler/kernel/line.js'
import type { Socket } from '../net/socket.js'
import { readCommand, showCommand, type Command } from './command.js'
import { Communication } from './communication.js'
import { Exit } from './exit.js'
import { nodeOptions, popenOptionNames, type CommunicateOptions, type Data, type PopenOptions } from './options.js'
import { endWithProgram, letGo } from './orphans.js'
import type { Output } from './output.js'
import { fromProcess, readAhead, toProcess } from './pipe.js'
import { HAS_GROUPS, hasMembers, sendSignal } from './process-tree.js'
import { startChild } from './start-child.js'

/** How long, in milliseconds, a program may go on after a polite signal. */
const GRACE = 5000

/**
 * A program that runs in a process of its own, and the pipes to it. (gevent: `gevent.subprocess.Popen`.)
 *
 * ```ts
 * using sort = new subprocess.Popen(['sort', '-n'], { text: true })
 * const { stdout } = yield* sort.communicate({ input: '10\n9\n' })
 * ```
 *
 * Its three streams are pipes unless something else is said. They are sockets: `yield* sort.stdout!.readLine()`.
 * Reading is pull, so a program whose output nobody reads stands still when its pipe is full; {@link Popen.communicate}
 * reads all of it.
 *
 * The process ends with the greenlet that made it, and all that it has started itself end with it, if that greenlet is
 * killed or fails; also when this program ends. When the greenlet returns it lives on, and `using` or
 * {@link Popen.close} ends it.
 */
export class Popen<O extends PopenOptions = PopenOptions> {
  /** The program and its arguments. */
  readonly args: readonly string[]
  /** The number of the process. */
  readonly pid: number
  /** Its stdin, to write to; `null` when it is not a pipe. */
  readonly stdin: Socket | null
  /** Its stdout, to read from; `null` when it is not a pipe. */
  readonly stdout: Socket | null
  /** Its stderr, `null` unless that is a pipe. */
  readonly stderr: Socket | null
  private readonly child: ChildProcess
  private readonly options: PopenOptions
  private readonly hasGroup: boolean
  private readonly communication: Communication
  /** The greenlets that wait for its end. @internal */
  readonly exits: Line = new Line()
  /** Undefined for one that was made outside of greenlets, or is to live on. */
  private readonly disown: (() => void) | undefined
  private readonly grace: Timer<Popen>
  private ended = false
  private ending = false
  private closing = false
  /** Whether descendants were there when it ended. A group keeps its number to itself as long as it has a member. */
  private survived = false

  /**
   * @param command the program and its arguments: `['git', 'status']`; Node's form, `('git', ['status'], options)`, is
   *   understood too. A single text is the name of a program, with `shell: true` a line for the shell.
   * @throws SpawnError when it cannot be started. Its `code` says why: `ENOENT`, `EACCES`, `EMFILE`, ….
   */
  constructor(command: Command, options?: O)
  constructor(program: string, args: readonly string[], options?: O)
  constructor(...given: [command: Command, ...rest: unknown[]]) {
    const { args, options } = readCommand<PopenOptions>('new Popen', given, popenOptionNames)
    const { stdin = 'pipe', stdout = 'pipe', stderr = 'pipe', detached = false, grace = GRACE } = options
    checkDuration(grace, 'new Popen(command, { grace })')
    const { startNewSession = stdin !== 'inherit' || detached } = options
    this.args = args
    this.options = options
    this.hasGroup = startNewSession && HAS_GROUPS
    // On Windows, one that is detached has a window of its own.
    const isDetached = this.hasGroup || detached
    const child = startChild(args, { ...nodeOptions(options), stdio: [stdin, stdout, stderr], detached: isDetached })
    this.child = child
    this.pid = child.pid!
    this.stdin = toProcess(child.stdin)
    this.stdout = fromProcess(child.stdout)
    this.stderr = fromProcess(child.stderr)
    this.communication = new Communication(this, options)
    this.grace = new Timer<Popen>(endByForce, this)
    child.once('exit', () => {
      this.exited()
    })
    if (!detached) this.disown = this.ownedBy(thread.greenlet)
    if (!detached) endWithProgram(this)
  }

  /** As Python has it: the exit status, or the number of the signal that ended it, negative; `null` while it runs. */
  get returnCode(): number | null {
    const { exitCode, signalCode } = this.child
    return signalCode === null ? exitCode : -constants.signals[signalCode]
  }

  /** The exit status; `null` while it runs, and when it was ended by a signal. */
  get exitCode(): number | null {
    return this.child.exitCode
  }

  /** The signal that ended it, if one did. */
  get signal(): NodeJS.Signals | null {
    return this.child.signalCode
  }

  /** @returns the {@link Popen.returnCode}; `null` while it runs. It does not wait. */
  poll(): number | null {
    return this.returnCode
  }

  /**
   * Waits until it has ended. Some of what it printed may not have been read by then.
   *
   * @returns the {@link Popen.returnCode}; `undefined` when the time is up.
   * Cancel safety: the process goes on; but see {@link Popen} on the greenlet that made it.
   */
  wait(options?: WaitOptions & { timeout?: null | undefined }): Operation<number>
  wait(options?: WaitOptions): Operation<number | undefined>
  wait(options?: WaitOptions): Operation<number | undefined> {
    return new Exit(this, options)
  }

  /**
   * Sends `input`, reads everything that it prints, and waits until it has ended and its streams too: those of its
   * descendants that have them as well.
   *
   * @param options `input`: for the first call only.
   * @returns all that it printed, as bytes, or as text if the process was made with an `encoding`.
   * @throws TimeoutExpired, which has what was read until then; OutputLimitError; ConcurrentUseError while somebody
   *   else reads from it. That it reads no `input` is no error.
   * Cancel safety: nothing is lost. The process goes on; what was read is there for the next `communicate`, and `input`
   * is sent on.
   */
  communicate(options: CommunicateOptions = {}): Operation<Output<Data<O>>> {
    return this.communication.begin<Data<O>>(options, false)
  }

  /** The same, without waiting for descendants that have left its group. @internal */
  communicateWithFamily(options: CommunicateOptions): Operation<Output<Data<O>>> {
    return this.communication.begin<Data<O>>(options, this.hasGroup)
  }

  /** Whether anybody of its group is left. @internal */
  hasFamily(): boolean {
    return hasMembers(this.pid)
  }

  /**
   * Sends a signal to it, and to its descendants if it has a group of its own.
   * @returns whether it was running.
   */
  sendSignal(signal: NodeJS.Signals): boolean {
    return !this.ended && sendSignal(this.pid, signal, this.hasGroup)
  }

  /**
   * Ends it at once, and its descendants if it has a group of its own.
   *
   * @param signal another one, which it may take its time for, or ignore.
   * @returns an operation that waits until it has ended, as {@link Popen.wait}. It need not be waited for.
   * Cancel safety: the signal was sent when this was called.
   */
  kill(signal?: NodeJS.Signals, options?: WaitOptions & { timeout?: null | undefined }): Operation<number>
  kill(signal?: NodeJS.Signals, options?: WaitOptions): Operation<number | undefined>
  kill(signal: NodeJS.Signals = 'SIGKILL', options?: WaitOptions): Operation<number | undefined> {
    this.sendSignal(signal)
    return this.wait(options)
  }

  /** Asks it to end: `kill('SIGTERM')`. It may take its time, or not do it. */
  terminate(options?: WaitOptions & { timeout?: null | undefined }): Operation<number>
  terminate(options?: WaitOptions): Operation<number | undefined>
  terminate(options?: WaitOptions): Operation<number | undefined> {
    return this.kill('SIGTERM', options)
  }

  /**
   * Ends it by its `killSignal` if it runs, and then by force, with its descendants; closes the pipes.
   *
   * @returns an operation that waits until nothing of it is left. It need not be waited for.
   * Cancel safety: it goes on anyway.
   */
  close(): Operation<void> {
    this.end()
    return call(() => this.closed())
  }

  /** Closes it, for `using`. */
  [Symbol.dispose](): void {
    this.end()
  }

  /** Closes it and waits, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Describes it and its state in one line. */
  toString(): string {
    return `<Popen ${showCommand(this.args)}, pid ${this.pid}>`
  }

  /** @internal */
  get killSignal(): NodeJS.Signals {
    return this.options.killSignal ?? 'SIGKILL'
  }

  /** The error that `communicate` raised when its own time was up. @internal */
  get expiredWith(): unknown {
    return this.communication.expiredWith
  }

  /** Returns the output that was read so far. @internal */
  printed(): Output<Data<O>> {
    return this.communication.printed()
  }

  /** Ends it and its descendants; what they have printed can still be read. @internal */
  endTree(): void {
    if (this.ending) return
    this.ending = true
    if (this.ended) {
      if (this.survived && this.communication.unfinished) sendSignal(this.pid, 'SIGKILL', true)
      return
    }
    this.sendSignal(this.killSignal)
    if (this.killSignal !== 'SIGKILL') thread.hub.startTimer(this.grace, this.options.grace ?? GRACE)
  }

  /** @internal */
  get hasEnded(): boolean {
    return this.ended
  }

  private ownedBy(owner: Greenlet | null): (() => void) | undefined {
    return owner?.onEnded(() => {
      if (!owner.successful || owner.killed !== undefined) this.end()
    })
  }

  private end(): void {
    this.closing = true
    this.endTree()
    if (this.ended) this.closePipes()
  }

  private exited(): void {
    this.ended = true
    this.disown?.()
    letGo(this)
    thread.hub.stopTimer(this.grace)
    this.survived = this.hasGroup && sendSignal(this.pid, 0, true)
    // Node closes the pipe at this moment, which is not what happened to the writer.
    this.child.stdin?.emit('error', brokenPipe())
    if (this.ending && this.survived) sendSignal(this.pid, 'SIGKILL', true)
    if (this.closing) this.closePipes()
    else for (const pipe of [this.stdout, this.stderr]) if (pipe !== null) readAhead(pipe)
    this.exits.serve()
  }

  private closePipes(): void {
    for (const pipe of this.pipes()) pipe.close()
  }

  private *closed(): Coroutine<void> {
    yield* this.wait()
    yield* all(this.pipes().map((pipe) => pipe.close()))
  }

  private pipes(): Socket[] {
    return [this.stdin, this.stdout, this.stderr].filter((pipe) => pipe !== null)
  }
}
showAs(Popen, String)

function endByForce(process: Popen): void {
  process.sendSignal('SIGKILL')
}

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE: the process has ended'), {
    code: 'EPIPE',
    errno: -constants.errno.EPIPE,
    syscall: 'write',
  })
}
