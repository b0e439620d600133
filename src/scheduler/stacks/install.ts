import { hintOn } from '../checks/errors.js'
import { diagnosis, type Diagnosis } from '../checks/diagnosis.js'
import { hubFunctions } from '../kernel/drive.js'
import { reporter, type Reporter } from '../kernel/reporter.js'
import { captureStack, formatStack, keepStack, renewStack, trimStack } from './stack.js'
import { hub } from '../kernel/thread.js'
import { adviseOn, describeBadYield } from './advice.js'
import { blameItem, raiseAtYield } from './bad-yield.js'
import { pointAtCode } from './code-line.js'
import { extendStack } from './error-stack.js'
import { checkUnknown, nearest } from './option-names.js'
import { keepNames, parkedStack } from './parked-stack.js'
import { pointAtProgram, publicCall } from './public-call.js'
import { StackBudget } from './stack-budget.js'

keepNames(hubFunctions)
hub.stacks = new StackBudget(hub)
hub.errorStacks = new StackBudget(hub)

// Called by names, so that what only an error needs may be loaded for that.
Object.assign(reporter, {
  parkedStack,
  extendStack,
  raiseAtYield: (error, frame, greenlet) => raiseAtYield(error, frame, greenlet),
  blameItem: (error, raised) => blameItem(error, raised),
  pointAtCode: (error, code, callers) => pointAtCode(error, code, callers),
  captureStack,
  formatStack,
} satisfies Reporter)

Object.assign(diagnosis, {
  pointAtProgram: (error) => {
    pointAtProgram(error)
  },
  keepStack,
  renewStack,
  publicCall: () => publicCall(),
  adviseOn: (subject) => adviseOn(subject),
  describeBadYield: (value, place) => describeBadYield(value, place),
  nearest: (name, own) => nearest(name, own),
  checkUnknown: (name, options, names, owner) => {
    checkUnknown(name, options, names, owner)
  },
  render: (text, value) => `${trimStack(text)}${hintOn(value)}`,
} satisfies Diagnosis)
