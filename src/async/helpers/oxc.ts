/** The helpers of oxc, which has Babel's: for `helpers: { mode: 'External' }` as `babelHelpers`, or by an alias. */
export {
  asyncGeneratorDelegate,
  asyncIterator,
  asyncToGenerator,
  awaitAsyncGenerator,
  wrapAsyncGenerator,
} from './babel.js'
