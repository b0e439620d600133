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

// Called by names, so that what only an error needs may be loaded for that.
Object.assign(reporter, {
  parkedStack,
  extendStack,
  raiseAtYield: (error, frame, greenlet) => raiseAtYield(error, frame, greenlet),
  pointAtCode: (error, code, callers) => pointAtCode(error, code, callers),
  captureStack,
  formatStack,
} satisfies Stacks)

Object.assign(diagnosis, {
  pointAtProgram: (error) => {
    pointAtProgram(error)
  },
  publicCall: () => publicCall(),
  adviseOn: (subject) => adviseOn(subject),
  describeBadYield: (value, place) => describeBadYield(value, place),
  nearest: (name, own) => nearest(name, own),
  describeOptions: (own, near) => describeOptions(own, near),
  render: (text, value) => `${trimStack(text)}${hintOn(value)}`,
} satisfies Diagnosis)
