import { reporter } from '../kernel/reporter.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import { inspection } from './dump.js'

reporter.inspect = (greenlet) => inspection(greenlet as Greenlet)
