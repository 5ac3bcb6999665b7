import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from './host.js'

/**
 * Before hours of reading: what the flags name can be written afterwards.
 * @throws UsageError where a folder is not there or not to be written, or the file is a folder
 */
export async function checkOutputFiles(flags: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [flag, file] of Object.entries(flags)) if (file !== undefined) await checkOne(flag, resolve(file))
}

async function checkOne(flag: string, file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined)
  if (there?.isDirectory()) throw new UsageError(`${flag}: ${file} is a folder; give the path of a file in it.`)
  const written = there ? file : dirname(file)
  await access(written, constants.W_OK).catch(() => { throw new UsageError(`${flag}: ${written} is not there or this user may not write it. Make it, or give another path.`) })
}
