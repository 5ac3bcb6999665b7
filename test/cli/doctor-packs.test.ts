import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packLines } from '../../src/cli/doctor-packs.js'
import { PackShelf } from '../../src/pipeline/reader/pack-shelf.js'
import { fundusPack, packsForTests, writePack } from '../inference/pack-folder.js'

let folder: string
beforeEach(async () => { folder = await packsForTests() })
afterEach(() => rm(folder, { recursive: true }))

async function said(): Promise<Record<string, string>> {
  const shelf = await PackShelf.open(folder)
  await shelf.loadAll()
  const lines = packLines({ packs: shelf.states(), provider: shelf.provider })
  await shelf.unload()
  return Object.fromEntries(lines.map(({ check, ok, detail }) => [check, `${ok ? 'ok' : 'PROBLEM'}: ${detail}`]))
}

describe('what doctor says of the packs', () => {
  it('is that an older version in order stands by, which is no problem', async () => {
    await writePack(folder, { ...fundusPack, version: '1.1.0' })
    expect(await said()).toMatchObject({
      'pack dr-fundus 1.1.0': expect.stringMatching(/^ok: in service on cpu, golden vectors agree/) as string,
      'pack dr-fundus 1.0.0': 'ok: older than 1.1.0, stands by'
    })
  })
})
