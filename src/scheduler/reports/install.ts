import { reporter } from '../kernel/reporter.js'
import { inspection } from './dump.js'

reporter.inspect = inspection
