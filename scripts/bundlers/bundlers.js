/**
 * The bundlers that people use for programs of Node, each with the packages that have to be installed, the formats that it
 * writes, and how it bundles a file.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const ESM = 'ES module'
const CommonJS = 'CommonJS'

export const bundlers = {
  esbuild: {
    packages: [],
    formats: [ESM, CommonJS],
    bundle: bundleWithEsbuild,
  },

  rollup: {
    packages: ['@rollup/plugin-node-resolve@16'],
    formats: [ESM, CommonJS],
    async bundle({ input, file, format, load }) {
      const { rollup } = await import('rollup')
      const { nodeResolve } = await load('@rollup/plugin-node-resolve/dist/es/index.js')
      const bundle = await rollup({
        input,
        external: /^node:/,
        plugins: [nodeResolve({ exportConditions: ['node'] })],
        onwarn: () => undefined,
      })
      await bundle.write({ file, format: format === ESM ? 'es' : 'cjs', inlineDynamicImports: true })
      await bundle.close()
    },
  },

  vite: {
    packages: [],
    formats: [ESM, CommonJS],
    async bundle({ root, input, output, file, format }) {
      const { build } = await import('vite')
      await build({
        root,
        configFile: false,
        logLevel: 'silent',
        ssr: { noExternal: true, target: 'node' },
        build: {
          ssr: input,
          outDir: output,
          emptyOutDir: false,
          minify: true,
          rollupOptions: {
            output: {
              format: format === ESM ? 'es' : 'cjs',
              entryFileNames: basename(file),
              inlineDynamicImports: true,
            },
          },
        },
      })
    },
  },

  webpack: {
    packages: [],
    formats: [ESM, CommonJS],
    bundle: async (options) => pack((await import('webpack')).default, options),
  },

  rspack: {
    packages: ['@rspack/core@1'],
    formats: [ESM, CommonJS],
    bundle: async (options) => pack((await options.load('@rspack/core/dist/index.js')).rspack, options),
  },

  // https://nodejs.org/api/single-executable-applications.html
  'single executable': {
    packages: ['postject@1.0.0-alpha.6'],
    formats: [CommonJS],
    async bundle(options) {
      await bundleWithEsbuild(options)
      const { root, file, output } = options
      const config = join(output, 'sea.json')
      const program = executableOf(file)
      const settings = { main: file, disableExperimentalSEAWarning: true }
      if (buildsExecutables()) {
        writeFileSync(config, JSON.stringify({ ...settings, output: program }))
        command(process.execPath, ['--build-sea', config])
        return
      }
      const blob = join(output, 'program.blob')
      writeFileSync(config, JSON.stringify({ ...settings, output: blob }))
      command(process.execPath, ['--experimental-sea-config', config])
      copyFileSync(process.execPath, program)
      chmodSync(program, 0o755)
      const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
      const postject = join(root, 'node_modules', 'postject', 'dist', 'cli.js')
      command(process.execPath, [postject, program, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse])
    },
    run: ({ file, cwd }) => spawnSync(executableOf(file), [], { cwd, encoding: 'utf8', timeout: 120_000 }),
  },
}

async function bundleWithEsbuild({ input, file, format }) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [input],
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'node',
    format: format === ESM ? 'esm' : 'cjs',
    logLevel: 'silent',
  })
}

/** Bundles by webpack, or by what has its interface. */
async function pack(webpack, { root, input, file, format }) {
  const asModule = format === ESM
  const stats = await new Promise((resolve, reject) => {
    webpack(
      {
        mode: 'production',
        target: 'node20',
        context: root,
        entry: input,
        experiments: asModule ? { outputModule: true } : {},
        output: {
          path: dirname(file),
          filename: basename(file),
          chunkFormat: asModule ? 'module' : 'commonjs',
          library: { type: asModule ? 'module' : 'commonjs2' },
        },
      },
      (error, result) => {
        if (error) reject(error)
        else resolve(result)
      },
    )
  })
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
}

function command(file, args) {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${basename(file)} ${args.join(' ')}: ${stderr}`)
}

/** Whether Node makes the executable itself, as it does from 25.5 on. */
function buildsExecutables() {
  return spawnSync(process.execPath, ['--help'], { encoding: 'utf8' }).stdout.includes('--build-sea')
}

function executableOf(file) {
  return file.replace(/\.cjs$/, '')
}
