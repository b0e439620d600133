import { reporter, type Reporter } from '../kernel/reporter.js'
import { inspection } from './dump.js'
import { extendStack } from './error-stack.js'
import { parkedStack } from './parked-stack.js'

Object.assign(reporter, { parkedStack, extendStack, inspect: inspection } satisfies Reporter)
