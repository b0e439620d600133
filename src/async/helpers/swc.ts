/** The helpers of SWC, for `externalHelpers` with an alias of `@swc/helpers`: Babel's, under names of its own. */
export {
  asyncGeneratorDelegate as _async_generator_delegate,
  asyncIterator as _async_iterator,
  asyncToGenerator as _async_to_generator,
  awaitAsyncGenerator as _await_async_generator,
  wrapAsyncGenerator as _wrap_async_generator,
} from './babel.js'
