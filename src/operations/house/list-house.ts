import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Folders of the data folder whose documents are checked beside the studies'. */
export const HOUSE_FOLDERS = ['patients', 'access', 'visits', 'operations', 'quarantine', 'thresholds', 'uplink', 'box', 'priors', 'worklist', 'backup']

/** Paths of all documents, and of all quarantined bytes, relative to the data folder; nothing for what is not there. */
export async function listHouse(root: string): Promise<{ readonly documents: readonly string[]; readonly quarantined: readonly string[] }> {
  const files = (await Promise.all(HOUSE_FOLDERS.map((name) => filesUnder(join(root, name))))).flat().map((path) => relative(root, path))
  return { documents: files.filter((path) => path.endsWith('.json') && !path.includes('/.new/')), quarantined: files.filter((path) => /^quarantine\/[\w-]+\/bytes$/.test(path)) }
}

/** Every plain file below a folder. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const below = await Promise.all(entries.map((entry) => (entry.isDirectory() ? filesUnder(join(folder, entry.name)) : Promise.resolve(entry.isFile() ? [join(folder, entry.name)] : []))))
  return below.flat()
}
