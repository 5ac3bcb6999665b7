import { open } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { isErrno, makeDirectoryDurable, removeDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { CheckSite } from './enrol.js'

const MOST_BYTES = 1024 * 1024

/**
 * A site file that the page wrote (`<data>/box/site.json`) becomes the one in force (`state/site.json`) and is taken away: what a centre's
 * bundle brings later is not undone by it. One that is not in order changes nothing. It comes from an unprivileged process: links are not followed.
 */
export async function takeWishedSite({ state, data }: { readonly state: string; readonly data: string }, checkSite: CheckSite): Promise<readonly Problem[]> {
  const path = join(data, 'box/site.json')
  const text = await textOf(path)
  if (text === undefined) return []
  const site = parse(text)
  const problems = site === undefined ? [problem('bad-site-file', 'The settings of the page are not JSON. Save them again on the page.', 'box/site.json')] : checkSite(site)
  if (problems.length === 0) {
    await makeDirectoryDurable(state)
    await writeFileDurable(join(state, 'site.json'), Buffer.from(`${JSON.stringify(site, undefined, 1)}\n`))
  }
  await removeDurable(path)
  return problems
}

/** None when there is no such file; empty when it is no file that a page writes. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const found = await file.stat()
      return found.isFile() && found.size <= MOST_BYTES ? await file.readFile('utf8') : ''
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    if (isErrno(error, 'ELOOP')) return ''
    throw error
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
