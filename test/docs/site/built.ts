import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from '../pages.js'

/** Builds the site into a folder of its own for the tests of a file, and removes it after them. */
export function builtSite(): { readonly folder: string } {
  const site = { folder: '' }
  before(async () => {
    const { buildSite } = (await import(pathToFileURL(join(root, 'scripts', 'docs', 'site.js')).href)) as {
      buildSite: (folder: string) => Promise<number>
    }
    site.folder = await mkdtemp(join(root, 'build', 'site-'))
    await buildSite(site.folder)
  })
  after(() => rm(site.folder, { recursive: true, force: true }))
  return site
}
