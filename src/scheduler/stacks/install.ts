import { diagnosis, type Diagnosis } from '../checks/diagnosis.js'
import { hubFunctions } from '../kernel/drive.js'
import { reporter, type Reporter } from '../kernel/reporter.js'
import { captureStack, formatStack, keepStack, renewStack } from './stack.js'
import { hub } from '../kernel/thread.js'
import { extendStack } from './error-stack.js'
import { keepNames, parkedStack } from './parked-stack.js'
import { StackBudget } from './stack-budget.js'

keepNames(hubFunctions)
hub.stacks = new StackBudget(hub)
hub.errorStacks = new StackBudget(hub)

Object.assign(reporter, { parkedStack, extendStack, captureStack, formatStack } satisfies Partial<Reporter>)
Object.assign(diagnosis, { keepStack, renewStack } satisfies Partial<Diagnosis>)
