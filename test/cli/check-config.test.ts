import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bin, run } from '../flows/appliance.js'

describe('check-config', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-check-')) })
  afterEach(() => rm(folder, { recursive: true }))

  async function check(operatingPoints: Record<string, string>): Promise<{ stdout: string }> {
    const file = join(folder, 'site.json')
    await writeFile(file, JSON.stringify({ operatingPoints }))
    return run(process.execPath, [bin, 'check-config', file, '--data', folder], { timeout: 30_000 })
  }

  it('takes an operating point that the pack has', async () => {
    expect((await check({ 'tb-chest': 'high-sensitivity' })).stdout).toContain('in order')
  }, 40_000)

  it('says which operating point its pack lacks, and which pack is not there', async () => {
    const refused = await check({ 'tb-chest': 'high-sensitivty', 'tb-chset': 'balanced' }).catch((error: unknown) => error as { code: number; stderr: string })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^operatingPoints\.tb-chest: The site file names the operating point 'high-sensitivty' for tb-chest.*Name one of .*high-sensitivity/m) as string })
    expect(refused).toMatchObject({ stderr: expect.stringMatching(/^operatingPoints\.tb-chset: There is no pack tb-chset.*Name one of .*tb-chest/m) as string })
  }, 40_000)
})
