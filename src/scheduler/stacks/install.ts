import { hintOn } from '../checks/errors.js'
import { diagnosis, type Diagnosis } from '../checks/diagnosis.js'
import { reporter, type Stacks } from '../kernel/reporter.js'
import { captureStack, formatStack, trimStack } from '../kernel/stack.js'
import { adviseOn, describeBadYield } from './advice.js'
import { raiseAtYield } from './bad-yield.js'
import { pointAtCode } from './code-line.js'
import { extendStack } from './error-stack.js'
import { describeOptions, nearest } from './option-names.js'
import { parkedStack } from './parked-stack.js'
import { pointAtProgram, publicCall } from './public-call.js'

Object.assign(reporter, {
  parkedStack,
  extendStack,
  raiseAtYield,
  pointAtCode,
  captureStack,
  formatStack,
} satisfies Stacks)

Object.assign(diagnosis, {
  pointAtProgram,
  publicCall,
  adviseOn,
  describeBadYield,
  nearest,
  describeOptions,
  render: (text, value) => `${trimStack(text)}${hintOn(value)}`,
} satisfies Diagnosis)
