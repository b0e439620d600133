import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { show } from '../../scheduler/checks/show.js'
import { checkApp, type WSGIApp } from './application.js'

const notFound: WSGIApp = (_environ, startResponse) => {
  startResponse('404 Not Found', [['Content-Type', 'text/plain']])
  return ['Not Found\n']
}

/**
 * Makes one application out of several, each for the paths that begin with its own; the longest that fits is taken. The
 * application sees the rest of the path in `PATH_INFO`, and where it is mounted in `SCRIPT_NAME`.
 *
 * ```ts
 * const app = mount({ '/': pages, '/api': api })
 * ```
 *
 * @param apps `'/'` is for all paths that no other fits.
 * @param otherwise what answers when there is none: 404 unless given.
 */
export function mount(apps: Readonly<Record<string, WSGIApp>>, otherwise: WSGIApp = notFound): WSGIApp {
  if (typeof apps !== 'object' || apps === null) {
    throw badArgument('mount(apps)', 'an object of applications', apps, "write mount({ '/blog': blog })")
  }
  for (const [path, app] of Object.entries(apps)) checkApp(app, `mount({ ${show(path)}: app })`)
  const mounted = Object.entries(apps)
    .map(([path, app]) => ({ path: withoutSlash(path), app }))
    .sort((a, b) => b.path.length - a.path.length)
  return (environ, startResponse) => {
    const { SCRIPT_NAME, PATH_INFO } = environ
    for (const { path, app } of mounted) {
      if (PATH_INFO !== path && !PATH_INFO.startsWith(`${path}/`)) continue
      environ.SCRIPT_NAME = SCRIPT_NAME + path
      environ.PATH_INFO = PATH_INFO.slice(path.length)
      return app(environ, startResponse)
    }
    return otherwise(environ, startResponse)
  }
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? withoutSlash(path.slice(0, -1)) : path
}
