/** The variables that test runners set for the processes in which tests run. */
const VARIABLES = ['NODE_TEST_CONTEXT', 'VITEST', 'JEST_WORKER_ID', 'MOCHA_WORKER_ID', 'TAP']
/** The programs of those that set none. */
const PROGRAM = /[\\/]node_modules[\\/](?:mocha|ava)[\\/]/

/** Whether a test runner runs this program: one of `node:test`, vitest, jest, mocha, ava and tap. */
export function underTestRunner({ env, argv, execArgv }: Pick<NodeJS.Process, 'env' | 'argv' | 'execArgv'>): boolean {
  if (VARIABLES.some((name) => env[name] !== undefined) || execArgv.includes('--test')) return true
  const [, program = ''] = argv
  // Other programs compile no regular expression for that.
  return program.includes('node_modules') && PROGRAM.test(program)
}
