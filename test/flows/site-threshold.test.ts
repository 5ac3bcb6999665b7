import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readChecked, renderDocument } from '../../src/platform/checked-json.js'
import { bin, run, temporaryData } from './appliance.js'
import { chestDicom } from './pictures.js'

type Line = { pack: { id: string } | null; quality: { gradable: boolean; reasons: { code: string }[] }; findings: { code: string; threshold: number; score: number; positive: boolean }[] }

describe('a site\'s own threshold', () => {
  let data: string
  const screenpost = (...args: string[]) => run(process.execPath, [bin, ...args], { env: { ...process.env, SCREENPOST_DATA: data }, timeout: 60_000 })
  const read = async (): Promise<Line> => JSON.parse((await screenpost('analyze', '--json', join(data, 'films/film-0.dcm'))).stdout) as Line
  const fit = (...more: string[]) => screenpost('threshold', '--csv', join(data, 'labels.csv'), '--root', join(data, 'films'), '--pack', 'tb-chest', '--finding', 'tb', '--truth', 'tb=label:tb', ...more)

  beforeAll(async () => {
    data = await temporaryData()
    await mkdir(join(data, 'films'))
    for (let seed = 0; seed < 4; seed += 1) await writeFile(join(data, `films/film-${seed}.dcm`), await chestDicom(seed))
    await writeFile(join(data, 'labels.csv'), 'file,label\nfilm-0.dcm,normal\nfilm-1.dcm,tb\nfilm-2.dcm,normal\nfilm-3.dcm,tb\n')
  })
  afterAll(() => rm(data, { recursive: true, force: true }))

  it('needs somebody who answers for it', async () => {
    await expect(fit('--adopt')).rejects.toMatchObject({ stderr: expect.stringContaining('needs --by') as string })
  }, 60_000)

  it('is in force for the model it was fitted on, keeps an update out, and the update comes in when somebody confirms it', async () => {
    const before = await read()
    const { stdout } = await fit('--adopt', '--by', 'A. Clinician')
    expect(stdout).toContain('in force from the next start')
    const file = join(data, 'thresholds/tb-chest.json')
    const written = readChecked(await readFile(file, 'utf8')) as { thresholds: { tb: number }; evidence: { tb: { n: number; positives: number } } }
    expect(written.evidence.tb).toMatchObject({ n: 4, positives: 2 })
    const tbOf = (line: Line) => line.findings.find(({ code }) => code === 'tb')!
    expect(tbOf(await read()).threshold).toBe(written.thresholds.tb)
    expect(tbOf(before).threshold).not.toBe(written.thresholds.tb)
    await writeFile(file, renderDocument({ ...written, modelSha256: '0'.repeat(64) }))
    const refused = await read()
    expect([refused.quality.gradable, refused.findings, refused.quality.reasons.map(({ code }) => code)]).toEqual([false, [], ['no-pack']])
    await screenpost('confirm-pack', 'tb-chest', '--by', 'A. Clinician')
    expect(tbOf(await read()).threshold).toBe(tbOf(before).threshold)
  }, 120_000)
})
