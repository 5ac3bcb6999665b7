import { describe, expect, it } from 'vitest'
import { logUnknownChoices, problemsOf } from '../../src/compose/problems.js'
import { silentLog } from '../../src/platform/log.js'

type Watched = Parameters<typeof problemsOf>[0]

describe('what a technician should act on', () => {
  const packs = [{ id: 'tb-chest', version: '1.0.0', inService: true, task: 'findings', modality: 'cxr', asksAge: false, points: ['screening', 'strict'] }]
  const problems = (operatingPoints: Record<string, string>) =>
    problemsOf({ devices: { status: () => [] }, reader: { status: () => ({ packs }) }, store: { damaged: new Map() }, operatingPoints } as unknown as Watched)

  it('is a point in the site file that the pack in service does not have: it reads no image', () => {
    expect(problems({ 'tb-chest': 'strict' })).toEqual([])
    expect(problems({ 'tb-chest': 'lenient' })).toMatchObject([{ code: 'unknown-operating-point', message: expect.stringContaining('Name one of screening, strict there') as string }])
  })

  it('stands in the log once, when the packs are known', () => {
    const warned: unknown[] = []
    let known: typeof packs = []
    let tell: () => void = () => undefined
    const reader = { status: () => ({ packs: known }), onStatus: (listener: () => void) => { tell = listener } }
    logUnknownChoices({ reader, operatingPoints: { 'tb-chest': 'lenient' }, log: { ...silentLog, warn: (event: string, fields: object) => warned.push({ event, ...fields }) } } as unknown as Parameters<typeof logUnknownChoices>[0])
    tell()
    expect(warned).toEqual([])
    known = packs
    tell()
    tell()
    expect(warned).toMatchObject([{ event: 'operating-point-of-site-file', path: 'operatingPoints.tb-chest' }])
  })
})
