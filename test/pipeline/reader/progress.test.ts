import { fork } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FromChild } from '../../../src/pipeline/reader/protocol.js'
import { chestDicom } from '../../flows/pictures.js'
import { builtChild } from './built-child.js'

const packs = resolve('models-int8')

/** The golden cases of all packs: each file holds one, or a list of them. */
async function casesIn(at: string): Promise<unknown[]> {
  const files = (await readdir(at, { recursive: true })).filter((file) => /golden\/[^/]+\.json$/.test(file))
  return (await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(at, file), 'utf8')) as unknown))).flat()
}

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-progress-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

it('is told by the real child for each golden case and each stage, so that a slow machine is not taken for a hanging one', async () => {
  const golden = (await casesIn(packs)).length
  const path = join(folder, 'chest.dcm')
  await writeFile(path, await chestDicom())
  const child = fork(builtChild, [packs], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  try {
    const heard: FromChild[] = []
    child.on('message', (message: FromChild) => heard.push(message))
    const progress = (): number => heard.filter(({ kind }) => kind === 'progress').length
    await vi.waitFor(() => expect(heard.some((message) => message.kind === 'status' && message.ready)).toBe(true), 25_000)
    expect(progress()).toBe(golden)
    child.send({ kind: 'read', id: 1, request: { path } })
    await vi.waitFor(() => expect(heard.at(-1)?.kind).toBe('reading'), 25_000)
    // Decoded, measured, seen by the gate, judged, prepared and seen by the network.
    expect(progress() - golden).toBeGreaterThanOrEqual(6)
  } finally {
    child.kill('SIGKILL')
  }
}, 60_000)
