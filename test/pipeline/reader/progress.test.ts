import { fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FromChild } from '../../../src/pipeline/reader/protocol.js'
import { chestDicom } from '../../flows/pictures.js'
import { builtChild } from './built-child.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-progress-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

it('is told by the real child for each golden case and each stage, so that a slow machine is not taken for a hanging one', async () => {
  const path = join(folder, 'chest.dcm')
  await writeFile(path, await chestDicom())
  const child = fork(builtChild, [resolve('models-int8')], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  try {
    const heard: FromChild[] = []
    child.on('message', (message: FromChild) => heard.push(message))
    const progress = (): number => heard.filter(({ kind }) => kind === 'progress').length
    await vi.waitFor(() => expect(heard.some((message) => message.kind === 'status' && message.ready)).toBe(true), 25_000)
    // Nine cases of the gate and three of each of three packs.
    expect(progress()).toBe(18)
    child.send({ kind: 'read', id: 1, request: { path } })
    await vi.waitFor(() => expect(heard.at(-1)?.kind).toBe('reading'), 25_000)
    // Decoded, measured, seen by the gate, judged, prepared and seen by the network.
    expect(progress() - 18).toBeGreaterThanOrEqual(6)
  } finally {
    child.kill('SIGKILL')
  }
}, 60_000)
