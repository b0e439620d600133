import { show } from '../../scheduler/checks/show.js'
import { Discard } from '../errors.js'

/**
 * A job that calls a function by the name under which the module of the worker exports it: the data of a job for
 * {@link consumeModule}.
 *
 * ```ts
 * yield* jobs.add({ call: 'sendMail', args: ['ada@example.org'] })
 * ```
 */
export interface JobCall {
  /** The name of the function. */
  readonly call: string
  /** Its arguments, which go through JSON; none unless given. */
  readonly args?: readonly unknown[] | undefined
  /**
   * Whether something waits for the outcome, as a {@link RemotePool} does. An error that is raised is the outcome then:
   * it is neither tried again nor a dead letter.
   */
  readonly reply?: boolean | undefined
}

/** Reads a call out of the data of a job, which may be anything. @throws Discard for what is none. @internal */
export function readCall(data: unknown): JobCall {
  const { call, args = [] } = Object(data) as Partial<JobCall>
  if (typeof call === 'string' && Array.isArray(args)) return data as JobCall
  throw new Discard(
    `a job of a module is { call, args }: the name of a function, and an array; this one is ${show(data)}`,
  )
}
