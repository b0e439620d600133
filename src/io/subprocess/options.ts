import type { OptionNames } from '../../scheduler/checks/check-options.js'
import type { SpawnOptions, StdioNull, StdioPipe } from 'node:child_process'
import type { Stream } from 'node:stream'
import { waitOptionsAnd, type WaitOptions } from '../../scheduler/kernel/wait-options.js'

/** For `stdin`, `stdout` and `stderr`: a pipe to this program. */
export const PIPE = 'pipe'
/** For `stdin`, `stdout` and `stderr`: nothing comes in, and what goes out is dropped. */
export const DEVNULL = 'ignore'

/**
 * Where one of the three streams goes: `'pipe'`, to this program; `'ignore'`, nowhere; `'inherit'`, where that of this
 * program goes; a file descriptor, or a stream that has one.
 */
export type Redirection = StdioPipe | StdioNull | 'inherit' | number | Stream

/** Options of {@link Popen}. What is not explained here is as for Node's `child_process.spawn`. */
export interface PopenOptions {
  /** `'pipe'` unless given. */
  stdin?: Redirection | undefined
  /** `'pipe'` unless given. */
  stdout?: Redirection | undefined
  /** `'pipe'` unless given. */
  stderr?: Redirection | undefined
  /** The folder that it runs in. */
  cwd?: string | URL | undefined
  /** Its environment, in place of that of this program. */
  env?: NodeJS.ProcessEnv | undefined
  /** Have the command run by a shell: of its arguments nothing may come from outside then. */
  shell?: boolean | string | undefined
  /** Makes `communicate` and `run` give text, in that encoding. Unless given it is bytes. */
  encoding?: BufferEncoding | undefined
  /** `encoding: 'utf8'`. */
  text?: boolean | undefined
  /**
   * Whether it gets a session and with it a group of its own, so that a kill takes its descendants along, and Ctrl-C at
   * the terminal reaches this program alone. It does unless it has the terminal for its stdin: `stdin: 'inherit'`.
   */
  startNewSession?: boolean | undefined
  /** Let it live on when the greenlet that started it is killed, and when this program ends. */
  detached?: boolean | undefined
  /**
   * The signal that ends it, and its descendants, when the greenlet is killed, when the time is up and by `close()`: `'SIGKILL'`
   * unless given. After any other one `'SIGKILL'` follows, when it has ended and when `grace` is over.
   */
  killSignal?: NodeJS.Signals | undefined
  /** How long it may go on after a `killSignal` of your own, in milliseconds: 5,000 unless given. */
  grace?: number | undefined
  /** How many bytes of stdout, and of stderr, `communicate` and `run` keep at most; any number unless given. */
  maxBuffer?: number | undefined
  /** The name that the program finds as its own, in place of the command. */
  argv0?: string | undefined
  /** The user that it runs as, by number. */
  uid?: number | undefined
  /** The group that it runs as, by number. */
  gid?: number | undefined
  /** Open no window for it on Windows. */
  windowsHide?: boolean | undefined
}

/** Options of `communicate`. */
export interface CommunicateOptions extends WaitOptions {
  /** The text or bytes for its stdin, which is ended afterwards: text (UTF-8) or bytes. */
  input?: string | Uint8Array | undefined
}

/** Options of `run`. */
export interface RunOptions extends PopenOptions, CommunicateOptions {
  /** Raise a `CalledProcessError` unless it ends with status 0. */
  check?: boolean | undefined
  /** stdout and stderr are pipes to this program, whatever else is said. They are unless something else is said. */
  captureOutput?: boolean | undefined
}

/** The type of the output: text if an encoding was given. */
export type Data<O> = O extends { encoding: BufferEncoding } | { text: true } ? string : Buffer

/** @internal */
export const popenOptionNames: OptionNames = {
  own: [
    ...['stdin', 'stdout', 'stderr', 'cwd', 'env', 'shell', 'encoding', 'text', 'startNewSession', 'detached'],
    ...['killSignal', 'grace', 'maxBuffer', 'argv0', 'uid', 'gid', 'windowsHide'],
  ],
  platform: ['stdio', 'signal', 'timeout', 'serialization', 'windowsVerbatimArguments'],
  isStrict: true,
}
/** @internal */
export const communicateOptionNames: OptionNames = waitOptionsAnd('input')
/** @internal */
export const runOptionNames: OptionNames = {
  ...popenOptionNames,
  own: [...popenOptionNames.own, ...communicateOptionNames.own, 'check', 'captureOutput'],
}

/** Picks the options that Node takes. @internal */
export function nodeOptions(options: PopenOptions): SpawnOptions {
  const names = ['cwd', 'env', 'shell', 'argv0', 'uid', 'gid', 'windowsHide'] as const
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]))
}
