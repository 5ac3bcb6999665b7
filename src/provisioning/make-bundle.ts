import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BundlePayload } from './signed-bundle.js'

/** The files of `packs/` and `thresholds/` in a folder, by path, each with its size and SHA-256. */
export async function bundleOfFolder(folder: string): Promise<BundlePayload['files']> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  const wanted = paths.filter((path) => /^(packs|thresholds)\//.test(path)).sort()
  return Promise.all(wanted.map(async (path) => {
    const bytes = await readFile(join(folder, path))
    return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  }))
}
