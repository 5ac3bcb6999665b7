import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readChecked, renderDocument } from '../../src/platform/checked-json.js'
import { bin, run, temporaryData } from './appliance.js'
import { chestDicom } from './pictures.js'

/** Ten of each kind: the fewest that a threshold may rest on. */
const FILMS = 20

type Line = { pack: { id: string } | null; quality: { gradable: boolean; reasons: { code: string }[] }; findings: { code: string; threshold: number; score: number; positive: boolean }[] }

describe('a site\'s own threshold', () => {
  let data: string
  const screenpost = (...args: string[]) => run(process.execPath, [bin, ...args], { env: { ...process.env, SCREENPOST_DATA: data }, timeout: 60_000 })
  const read = async (): Promise<Line> => JSON.parse((await screenpost('analyze', '--json', join(data, 'films/film-0.dcm'))).stdout) as Line
  const fit = (...more: string[]) => screenpost('threshold', '--csv', join(data, 'labels.csv'), '--root', join(data, 'films'), '--pack', 'tb-chest', '--finding', 'tb', '--truth', 'tb=label:tb', ...more)

  const label = (of: (seed: number) => string, from = FILMS) =>
    writeFile(join(data, 'labels.csv'), `file,label\n${Array.from({ length: from }, (_, seed) => `film-${seed}.dcm,${of(seed)}\n`).join('')}`)
  const judge = (...more: string[]) => screenpost('evaluate', '--csv', join(data, 'labels.csv'), '--root', join(data, 'films'), '--pack', 'tb-chest', ...more)
  const refusedWith = (sentence: string) => ({ stderr: expect.stringContaining(sentence) as string, code: 1 })

  beforeAll(async () => {
    data = await temporaryData()
    await mkdir(join(data, 'films'))
    for (let seed = 0; seed < FILMS; seed += 1) await writeFile(join(data, `films/film-${seed}.dcm`), await chestDicom(seed))
    await label((seed) => (seed % 2 === 1 ? 'tb' : 'normal'))
  })
  afterAll(() => rm(data, { recursive: true, force: true }))

  it('needs somebody who answers for it', async () => {
    await expect(fit('--adopt')).rejects.toMatchObject({ stderr: expect.stringContaining('needs --by') as string })
  }, 60_000)

  it('rests on ten cases of each kind, and says how sure it is and what got no score', async () => {
    await label((seed) => (seed === 1 ? 'tb' : 'normal'), 4)
    const { stdout } = await fit()
    expect(stdout).toMatch(/sensitivity 100\.0 % \(\d+\.\d to 100\.0; 1 of 1\), specificity/)
    expect(stdout).toMatch(/None of known truth was refused|more of known truth/)
    expect(stdout).toContain('1 positive and 3 negative cases of tb are too few to adopt a threshold')
    await expect(fit('--adopt', '--by', 'A. Clinician')).rejects.toMatchObject(refusedWith('Nothing was adopted'))
    await expect(fit('--adopt', '--by', 'A. Clinician')).rejects.toMatchObject(refusedWith('too few'))
    await label((seed) => (seed % 2 === 1 ? 'tb' : 'normal'))
  }, 120_000)

  it('is not sought with options that mean nothing', async () => {
    for (const [sentence, ...more] of [
      ['--finding: tb-chest has no finding tbx; it has tb, cxr-other-abnormal', '--finding', 'tbx'], ['--sensitivity: expected a share', '--sensitivity', '90'],
      ['--screen-cost: expected a number', '--screen-cost', 'abc'], ['--truth: there is no finding tbx', '--truth', 'tbx=label:tb']
    ] as const) await expect(fit(...more)).rejects.toMatchObject(refusedWith(sentence))
    for (const [sentence, ...more] of [
      ['nowhere is not there or this user may not write it', '--html', join(data, 'nowhere/report.html')], ['films is a folder', '--json', join(data, 'films')],
      ['--resamples: expected a whole number', '--resamples', 'many'], ['has no column `camera`', '--by', 'camera'], ['has no column `xpert`', '--truth', 'tb=xpert:MTB']
    ] as const) await expect(judge(...more)).rejects.toMatchObject(refusedWith(sentence))
  }, 120_000)

  it('is in force for the model it was fitted on, keeps an update out, and the update comes in when somebody confirms it', async () => {
    const before = await read()
    const { stdout } = await fit('--adopt', '--by', 'A. Clinician')
    expect(stdout).toContain('in force from the next start')
    const file = join(data, 'thresholds/tb-chest.json')
    const written = readChecked(await readFile(file, 'utf8')) as { thresholds: { tb: number }; evidence: { tb: { n: number; positives: number } } }
    expect(written.evidence.tb).toMatchObject({ n: FILMS, positives: FILMS / 2 })
    const tbOf = (line: Line) => line.findings.find(({ code }) => code === 'tb')!
    expect(tbOf(await read()).threshold).toBe(written.thresholds.tb)
    expect(tbOf(before).threshold).not.toBe(written.thresholds.tb)
    await judge('--truth', 'tb=label:tb', '--json', join(data, 'figures.json'))
    const { groups, provenance } = JSON.parse(await readFile(join(data, 'figures.json'), 'utf8')) as { groups: { findings: { operatingPoints: { name: string; threshold: number }[] }[] }[]; provenance: object }
    expect(groups[0]!.findings[0]!.operatingPoints).toContainEqual(expect.objectContaining({ name: 'site', threshold: written.thresholds.tb }))
    expect(provenance).toMatchObject({ table: 'labels.csv', where: [], truth: ['tb=label:tb'], seed: 1, gate: { id: 'image-gate' } })
    await writeFile(file, renderDocument({ ...written, modelSha256: '0'.repeat(64) }))
    const refused = await read()
    expect([refused.quality.gradable, refused.findings, refused.quality.reasons.map(({ code }) => code)]).toEqual([false, [], ['no-pack']])
    const { SCREENPOST_DATA: _, ...elsewhere } = process.env
    const there = (...args: string[]) => run(process.execPath, [bin, ...args, '--data', data], { env: elsewhere, cwd: join(data, 'films'), timeout: 60_000 }).catch((error: { stdout: string }) => error)
    expect((await there('doctor')).stdout).toContain('PROBLEM  pack tb-chest')
    expect((JSON.parse((await there('analyze', '--json', 'film-0.dcm')).stdout) as Line).quality.reasons.map(({ code }) => code)).toEqual(['no-pack'])
    await screenpost('confirm-pack', 'tb-chest', '--by', 'A. Clinician')
    expect(tbOf(await read()).threshold).toBe(tbOf(before).threshold)
  }, 180_000)

  it('of one finding lets no other one fall back to the pack\'s own unseen', async () => {
    const file = join(data, 'thresholds/tb-chest.json')
    const evidence = { n: 80, positives: 20, sensitivity: { value: 0.9, low: 0.8, high: 1 }, specificity: { value: 0.9, low: 0.8, high: 1 } }
    await writeFile(file, renderDocument({
      formatVersion: 1, pack: 'tb-chest', modelSha256: '0'.repeat(64), version: '0.5.0', at: '2026-03-01T00:00:00.000Z', by: 'A. Clinician',
      thresholds: { tb: 0.2, 'cxr-other-abnormal': 0.5 }, evidence: { tb: evidence, 'cxr-other-abnormal': evidence }, confirmed: []
    }))
    const { stdout } = await fit('--adopt', '--by', 'B. Clinician')
    expect(stdout).toContain('not in force yet: this site fitted cxr-other-abnormal on version 0.5.0 too')
    expect((await read()).quality.reasons.map(({ code }) => code)).toEqual(['no-pack'])
    expect((await screenpost('confirm-pack', 'tb-chest', '--by', 'B. Clinician')).stdout).toContain('this site\'s threshold for tb and its own for every other finding')
    const { thresholds } = readChecked(await readFile(file, 'utf8')) as { thresholds: Record<string, number> }
    expect(Object.keys(thresholds)).toEqual(['tb'])
    expect((await read()).findings.find(({ code }) => code === 'tb')?.threshold).toBe(thresholds['tb'])
  }, 120_000)

  it('is fitted and confirmed on the pack that the centre sent into the data folder, which is the one that serves', async () => {
    const shipped = resolve('models-int8/tb-chest')
    const [version = ''] = await readdir(shipped)
    const sent = join(data, 'packs/tb-chest/99.0.0')
    await cp(join(shipped, version), sent, { recursive: true })
    const manifest = JSON.parse(await readFile(join(sent, 'manifest.json'), 'utf8')) as object
    await writeFile(join(sent, 'manifest.json'), JSON.stringify({ ...manifest, version: '99.0.0' }))
    expect((await screenpost('doctor').catch((error: { stdout: string }) => error)).stdout).toMatch(/pack tb-chest 99\.0\.0.*in service/)
    expect((await read()).pack).toMatchObject({ id: 'tb-chest', version: '99.0.0' })
    expect((await fit('--adopt', '--by', 'A. Clinician')).stdout).toContain('for tb of tb-chest 99.0.0')
    await judge('--truth', 'tb=label:tb', '--json', join(data, 'figures.json'))
    expect(JSON.parse(await readFile(join(data, 'figures.json'), 'utf8'))).toMatchObject({ pack: { version: '99.0.0' } })
    const site = readChecked(await readFile(join(data, 'thresholds/tb-chest.json'), 'utf8')) as object
    await writeFile(join(data, 'thresholds/tb-chest.json'), renderDocument({ ...site, modelSha256: '0'.repeat(64), confirmed: [] }))
    expect((await screenpost('confirm-pack', 'tb-chest', '--by', 'A. Clinician')).stdout).toContain('tb-chest 99.0.0 may be used')
    await rm(join(data, 'packs'), { recursive: true })
  }, 180_000)

  it('that is damaged is not confirmed away', async () => {
    await writeFile(join(data, 'thresholds/tb-chest.json'), 'half a fi')
    await expect(screenpost('confirm-pack', 'tb-chest', '--by', 'A. Clinician')).rejects.toMatchObject(refusedWith('Nothing was confirmed. The site\'s threshold of tb-chest can\'t be read'))
    expect((await fit('--adopt', '--by', 'A. Clinician')).stdout).toContain('what it said of cxr-other-abnormal is lost')
  }, 120_000)
})
