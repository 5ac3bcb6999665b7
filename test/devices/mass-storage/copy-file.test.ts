import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyVerified } from '../../../src/devices/mass-storage/copy-file.js'
import { listFiles } from '../../../src/devices/mass-storage/list-files.js'
import { sha256Of } from './clinic.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-copy-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

const first = async (root: string) => (await listFiles(Buffer.from(root), { most: 10, signal: new AbortController().signal })).files[0]!

it('copies byte for byte and gives the hash of what came from the medium', async () => {
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 17, 'picture')
  await writeFile(join(folder, 'a.jpg'), bytes)
  const copied = await copyVerified({ root: Buffer.from(folder), file: await first(folder), spoolPath: join(folder, 'copy'), signal: new AbortController().signal })
  expect(copied).toEqual({ ok: true, value: { sha256: sha256Of(bytes) } })
  expect((await readFile(join(folder, 'copy'))).equals(bytes)).toBe(true)
})

it('says of a file that is being written that it changes, and leaves nothing behind', async () => {
  await writeFile(join(folder, 'a.jpg'), Buffer.alloc(64 * 1024 * 1024))
  const file = await first(folder)
  const copying = copyVerified({ root: Buffer.from(folder), file, spoolPath: join(folder, 'copy'), signal: new AbortController().signal })
  await new Promise((resolve) => { setTimeout(resolve, 10) })
  await appendFile(join(folder, 'a.jpg'), 'more')
  const copied = await copying
  expect(copied.ok ? 'ok' : copied.error.code).toMatch(/^file-(changing|gone)$/)
  expect(await readdir(folder)).toEqual(['a.jpg'])
})

it('ends at once when asked to', async () => {
  await writeFile(join(folder, 'a.jpg'), 'x')
  await expect(copyVerified({ root: Buffer.from(folder), file: await first(folder), spoolPath: join(folder, 'copy'), signal: AbortSignal.abort() })).rejects.toThrow()
  expect(await readdir(folder)).toEqual(['a.jpg'])
})
