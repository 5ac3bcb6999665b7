import { describe, expect, it } from 'vitest'
import type { PackStatus } from '../../../src/web/dependencies.js'
import { systemFragment } from '../../../src/web/views/system.js'
import { systemModel } from './every-page.js'
import { pageFor } from './samples.js'

const pack = (more: Partial<PackStatus>): PackStatus => ({ id: 'dr-fundus', version: '1.0.0', inService: true, task: 'ordinal-grade', modality: 'fundus', ...more })
const said = (more: Partial<PackStatus>): string => systemFragment(pageFor('admin', '/system'), { ...systemModel, reader: { ...systemModel.reader, packs: [pack(more)] } }).markup

describe('a pack on the System page', () => {
  it('is in service, behind another one, older than another version, or out of service', () => {
    expect(said({})).toContain('in service')
    expect(said({ behind: 'cataract-hosp' })).toContain('in order, but cataract-hosp reads these images')
    expect(said({ inService: false })).toContain('older version')
    expect(said({ inService: false, problem: { code: 'pack-hash-mismatch', message: 'The hash differs.' } })).toContain('out of service')
  })
})
