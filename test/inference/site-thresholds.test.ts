import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkPacks, packsInService } from '../../src/inference/packs.js'
import { applySiteThresholds, findingsToFit, readSiteThresholds, withConfirmed, withFitted, writeSiteThreshold, type SiteThreshold } from '../../src/inference/site-thresholds.js'
import { operatingPointOf } from '../../src/triage/operating-point.js'
import { packsForTests } from './pack-folder.js'

describe('thresholds of a site', () => {
  let folder: string
  let packs: string
  let sha256: string
  const share = { value: 0.9, low: 0.8, high: 1 }
  const fitted = (fields: Partial<SiteThreshold> = {}): SiteThreshold => ({
    formatVersion: 1, pack: 'tb-chest', modelSha256: sha256, version: '1.0.0', at: '2026-03-01T00:00:00.000Z', by: 'A. Clinician',
    thresholds: { tb: 0.77 }, evidence: { tb: { n: 80, positives: 20, sensitivity: share, specificity: share } }, confirmed: [], ...fields
  })
  const apply = async () => applySiteThresholds(await checkPacks(packs), await readSiteThresholds(folder))
  const chest = async () => (await apply()).find(({ id }) => id === 'tb-chest')!

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'thresholds-'))
    packs = await packsForTests()
    sha256 = (await checkPacks(packs)).find(({ id }) => id === 'tb-chest')!.sha256!
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
    await rm(packs, { recursive: true, force: true })
  })

  it('are the point in force for the model that they were fitted on; others are still there to be chosen', async () => {
    await writeSiteThreshold(folder, fitted())
    const { operatingPoints, problem } = await chest()
    expect(problem).toBeUndefined()
    expect(operatingPointOf(operatingPoints!)).toMatchObject({ ok: true, value: { name: 'site', thresholds: { tb: 0.77 } } })
    expect(operatingPointOf(operatingPoints!, 'screening')).toMatchObject({ ok: true, value: { thresholds: { tb: 0.3 } } })
  })

  it('keep another model out until somebody confirms it, and leave other packs alone', async () => {
    const other = 'b'.repeat(64)
    await writeSiteThreshold(folder, fitted({ modelSha256: other, version: '0.9.0' }))
    expect((await chest()).problem).toMatchObject({ code: 'threshold-not-recalibrated', message: expect.stringContaining('screenpost confirm-pack tb-chest') as string })
    expect(packsInService(await apply()).map(({ id }) => id)).toEqual(['dr-fundus', 'image-gate'])
    await writeSiteThreshold(folder, fitted({ modelSha256: other, confirmed: [{ modelSha256: sha256, version: '1.0.0', at: '2026-03-02T00:00:00.000Z', by: 'A. Clinician' }] }))
    const confirmed = await chest()
    expect([confirmed.problem, confirmed.operatingPoints?.default]).toEqual([undefined, 'screening'])
  })

  it('that can not be read take the pack out of service instead of being forgotten', async () => {
    await writeFile(join(folder, 'tb-chest.json'), (await readFile(await written(), 'utf8')).slice(0, 40))
    expect((await chest()).problem).toMatchObject({ code: 'site-threshold-damaged', message: expect.stringContaining('thresholds/tb-chest.json') as string })
  })

  it('of a later model wait until each finding that the site had is fitted on it', async () => {
    const evidence = { n: 80, positives: 20, sensitivity: share, specificity: share }
    const both = fitted({ modelSha256: 'b'.repeat(64), version: '0.9.0', thresholds: { tb: 0.2, 'cxr-other-abnormal': 0.5 }, evidence: { tb: evidence, 'cxr-other-abnormal': evidence } })
    const by = (finding: string) => ({ modelSha256: sha256, version: '1.0.0', at: '2026-03-02T00:00:00.000Z', by: 'B. Clinician', thresholds: { [finding]: 0.66 }, evidence: { [finding]: evidence } })
    const findings = ['tb', 'cxr-other-abnormal']
    const one = withFitted(both, { pack: 'tb-chest', findings, by: by('tb') })
    await writeSiteThreshold(folder, one)
    expect([one.modelSha256, one.thresholds, findingsToFit(one, { modelSha256: sha256, findings })]).toEqual([both.modelSha256, both.thresholds, ['cxr-other-abnormal']])
    expect((await chest()).problem?.code).toBe('threshold-not-recalibrated')
    const all = withFitted(one, { pack: 'tb-chest', findings, by: by('cxr-other-abnormal') })
    expect([all.modelSha256, all.thresholds, all.next]).toEqual([sha256, { tb: 0.66, 'cxr-other-abnormal': 0.66 }, undefined])
    expect(Object.keys(all.evidence)).toEqual(findings)
    await writeSiteThreshold(folder, all)
    expect((await chest()).problem).toBeUndefined()
    expect(withFitted(both, { pack: 'tb-chest', findings: ['tb'], by: by('tb') }).modelSha256).toBe(sha256)
  })

  it('of some findings of a later model serve beside the pack\'s own once somebody confirms it', async () => {
    const before = fitted({ modelSha256: 'b'.repeat(64), thresholds: { tb: 0.2, 'cxr-other-abnormal': 0.5 } })
    const { confirmed: _, formatVersion: __, pack: ___, ...own } = fitted({ thresholds: { tb: 0.66 } })
    const signature = { modelSha256: sha256, version: '1.0.0', at: '2026-03-02T00:00:00.000Z', by: 'B. Clinician' }
    const confirmed = withConfirmed({ ...before, next: own }, signature)
    expect(confirmed).toMatchObject({ modelSha256: sha256, thresholds: { tb: 0.66 }, confirmed: [signature] })
    await writeSiteThreshold(folder, confirmed)
    const { operatingPoints, problem } = await chest()
    expect([problem, operatingPointOf(operatingPoints!)]).toMatchObject([undefined, { ok: true, value: { name: 'site', thresholds: { tb: 0.66 } } }])
    expect(withConfirmed(before, signature)).toEqual({ ...before, confirmed: [signature] })
  })

  it('say which findings are to be fitted again', async () => {
    await writeSiteThreshold(folder, fitted({ modelSha256: 'b'.repeat(64) }))
    expect((await chest()).problem?.message).toContain('Fit it again for tb with')
  })

  const written = async (): Promise<string> => {
    await writeSiteThreshold(folder, fitted())
    return join(folder, 'tb-chest.json')
  }

  it('are none where nothing was fitted', async () => {
    await rm(folder, { recursive: true })
    expect((await chest()).operatingPoints?.default).toBe('screening')
  })
})
