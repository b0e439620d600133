import { reporter, type Reporter } from '../kernel/reporter.js'
import { raiseAtYield } from './bad-yield.js'
import { pointAtCode } from './code-line.js'
import { inspection } from './dump.js'
import { extendStack } from './error-stack.js'
import { parkedStack } from './parked-stack.js'

Object.assign(reporter, {
  parkedStack,
  extendStack,
  raiseAtYield,
  pointAtCode,
  inspect: inspection,
} satisfies Reporter)
