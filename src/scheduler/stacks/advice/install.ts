import '../install.js'
import { diagnosis, type Diagnosis } from '../../checks/diagnosis.js'
import { helpOn, hintOn } from '../../checks/errors.js'
import { reporter, type Reporter } from '../../kernel/reporter.js'
import { trimStack } from '../stack.js'
import { adviseOnArgument } from './arguments.js'
import { blameItem, raiseAtYield } from './bad-yield.js'
import { pointAtCode } from './code-line.js'
import { checkUnknown, nearest } from './option-names.js'
import { pointAtProgram, publicCall } from './public-call.js'
import { adviseOn, describeBadYield } from './subjects.js'

// Called by names, so that what only an error needs may be loaded for that.
Object.assign(reporter, {
  raiseAtYield: (error, frame, greenlet) => raiseAtYield(error, frame, greenlet),
  blameItem: (error, raised) => blameItem(error, raised),
  pointAtCode: (error, code, callers) => pointAtCode(error, code, callers),
} satisfies Partial<Reporter>)

Object.assign(diagnosis, {
  guide: (error) => {
    pointAtProgram(error)
    Object.assign(error, { help: helpOn(error.code) })
  },
  publicCall: (owner) => publicCall(owner),
  adviseOn: (subject, value) => adviseOn(subject, value),
  adviseOnArgument: (where, expected, value) => adviseOnArgument(where, expected, value),
  describeBadYield: (value, place) => describeBadYield(value, place),
  hasNear: (options, own) => Object.keys(options).some((name) => nearest(name, own) !== undefined),
  checkNames: (options, names, owner) => {
    for (const name in options) {
      // Nothing is loaded for what is right.
      const isKnown = names.own.includes(name) || names.platform?.includes(name) === true
      if (!isKnown) checkUnknown(name, options, names, owner)
    }
  },
  render: (text, value) => `${trimStack(text)}${hintOn(value)}`,
} satisfies Partial<Diagnosis>)
