import { describe, expect, it } from 'vitest'
import type { Modality } from '../../../src/domain/image-content.js'
import { route, type RouteInput } from '../../../src/pipeline/reader/route.js'

const packs = [{ id: 'dr', modality: 'fundus' }, { id: 'tb', modality: 'cxr' }] as const
const dull = { colourfulness: 0, redness: 0.33, symmetry: 0, litShare: 1, roundness: 1.27, chestPolarity: 0, sector: 0 }
const eye = { ...dull, colourfulness: 50, redness: 0.5, roundness: 0.95, litShare: 0.7 }
const film = { ...dull, symmetry: 0.8, litShare: 0.95, chestPolarity: 60 }
const sees = (seen: Modality | 'other' | undefined) => ({ gate: { route: seen } })
const go = (input: Partial<RouteInput>) => {
  const { refusal, packId, modality, notes } = route({ packs, measures: dull, ...input })
  return { packId, modality, code: refusal?.code, notes: notes.map(({ code }) => code) }
}

describe('routing by attributes', () => {
  it.each([['CR', 'CHEST', 'tb'], ['DX', 'THORAX', 'tb'], ['OP', 'EYE', 'dr']])('sends %s of %s to the pack %s, also when the gate is undecided', (modality, bodyPart, packId) => {
    expect(go({ dicom: { modality, bodyPart }, ...sees(undefined) })).toMatchObject({ packId, code: undefined })
  })

  it.each([['DX', '', 'cxr', 'tb'], ['XC', undefined, 'fundus', 'dr']] as const)('believes %s without a body part (%s) only where the gate sees it too', (modality, bodyPart, seen, packId) => {
    expect(go({ dicom: { modality, bodyPart }, ...sees(seen) })).toMatchObject({ packId, code: undefined })
    expect(go({ dicom: { modality, bodyPart }, ...sees(undefined) })).toMatchObject({ packId, code: 'wrong-image' })
    expect(go({ packId, dicom: { modality, bodyPart }, ...sees(undefined) })).toMatchObject({ packId, code: undefined })
  })

  it.each([[{ modality: 'DX', bodyPart: 'HAND' }], [{ modality: 'CR', bodyPart: 'CHEST', viewPosition: 'LL' }], [{ modality: 'DX', viewPosition: 'LATERAL' }], [{ modality: 'US', bodyPart: 'BREAST' }], [{ modality: 'CT' }]])('refuses %o', (dicom) => {
    expect(go({ dicom, ...sees(undefined) }).code).toBe('wrong-image')
  })

  it('says that no pack reads ultrasound yet', () => {
    expect(go({ dicom: { modality: 'US' }, ...sees('ultrasound') })).toMatchObject({ modality: 'ultrasound', packId: undefined, code: 'no-pack' })
  })
})

describe('routing by content', () => {
  it('says of a film that lies on its side that it does, but not of a turned film that was sent as an eye', () => {
    const gate = { route: 'other', className: 'chest-rotated' } as const
    expect([{}, { dicom: { modality: 'CR', bodyPart: 'CHEST' } }, { packId: 'tb' }].map((more) => go({ gate, ...more }).code)).toEqual(['rotated', 'rotated', 'rotated'])
    expect(go({ gate, packId: 'dr' }).code).toBe('wrong-image')
    expect(go({ gate })).toMatchObject({ modality: 'cxr', packId: 'tb' })
  })

  it('takes what the gate sees where the file says nothing, as a secondary capture does', () => {
    expect(go({ ...sees('cxr') })).toMatchObject({ packId: 'tb', code: undefined })
    expect(go({ dicom: { modality: 'OT' }, ...sees('fundus') })).toMatchObject({ packId: 'dr', code: undefined })
  })

  it('refuses what is something else, and asks when it is undecided', () => {
    expect([go({ ...sees('other') }).code, go({ ...sees(undefined) })]).toEqual(['wrong-image', { packId: undefined, modality: undefined, code: 'no-pack', notes: [] }])
  })

  it('refuses what contradicts the file', () => {
    expect(go({ dicom: { modality: 'DX' }, ...sees('fundus') }).code).toBe('wrong-image')
  })
})

describe('a chosen pack', () => {
  it('overrides the attributes, never the gate', () => {
    expect(go({ packId: 'tb', dicom: { modality: 'OP' }, ...sees('cxr') })).toMatchObject({ packId: 'tb', code: undefined })
    expect(go({ packId: 'tb', ...sees('fundus') }).code).toBe('wrong-image')
    expect(go({ packId: 'tb', ...sees('other') }).code).toBe('wrong-image')
    expect(go({ packId: 'tb', ...sees(undefined) })).toMatchObject({ packId: 'tb', code: undefined })
  })

  it('has to be in service', () => { expect(go({ packId: 'nope', ...sees('cxr') }).code).toBe('no-pack') })
})

describe('without a gate', () => {
  it('says so, and goes by the file and by simple measures', () => {
    expect(go({ measures: eye })).toEqual({ packId: 'dr', modality: 'fundus', code: undefined, notes: ['gate-out-of-service'] })
    expect(go({ measures: film })).toMatchObject({ packId: 'tb' })
    expect(go({ measures: dull })).toMatchObject({ code: 'no-pack' })
    expect(go({ dicom: { modality: 'CR' }, measures: dull })).toMatchObject({ packId: 'tb', code: undefined })
  })

  it('still refuses a red film and a grey symmetric eye', () => {
    expect(go({ dicom: { modality: 'CR' }, measures: eye }).code).toBe('wrong-image')
    expect(go({ dicom: { modality: 'OP' }, measures: film }).code).toBe('wrong-image')
  })
})
