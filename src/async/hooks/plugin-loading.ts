import { join } from 'node:path'
import '../../scheduler/stacks/advice/install.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { Loading } from './loading.js'
import { Project } from './project.js'

/** Which files a plugin lowers. */
export interface AsyncPluginOptions {
  /**
   * Names of packages that are lowered, too; `*` for all. By default those that `"gvent": { "async": [...] }` of package.json
   * names, or the variable `GVENT_ASYNC`.
   */
  readonly packages?: readonly string[]
}

const RUNTIME = 'gvent/async/runtime/lowered'

const pluginOptionNames: OptionNames = { own: ['packages'] }

/** The lowering of what is bundled. @internal */
export function loadingOf(options: AsyncPluginOptions): Loading {
  checkOptions(options, pluginOptionNames)
  const accesses = { module: { import: RUNTIME }, script: { expression: `require('${RUNTIME}')` } }
  return new Loading(new Project(join(process.cwd(), 'index.js'), options.packages), accesses, true)
}
