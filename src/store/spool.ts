import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectoryDurable } from '../platform/durable-fs.js'

/** Creates the spool, and removes files that an earlier run left: none was acknowledged. Sub-folders belong to others (resumable uploads). */
export async function emptySpool(path: string): Promise<void> {
  await makeDirectoryDurable(path)
  const entries = await readdir(path, { withFileTypes: true })
  await Promise.all(entries.filter((entry) => !entry.isDirectory()).map((entry) => rm(join(path, entry.name), { force: true })))
}
