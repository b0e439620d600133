export * from './scheduler/index.js'
export * from './io/index.js'
