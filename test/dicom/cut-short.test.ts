import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CUT_SHORT_HEAD_BYTES, beginsAsDicom, isCutShort } from '../../src/dicom/cut-short.js'
import { makeAnyDicom } from '../generators/dicom-compressed.js'
import { SYNTAX, makeDicom } from '../generators/dicom.js'

const judge = (file: Buffer): boolean => isCutShort({ head: file.subarray(0, CUT_SHORT_HEAD_BYTES), tail: file.subarray(-4096), size: file.length })

describe('a DICOM file that is copied', () => {
  const shapes = [
    ['explicit', {}], ['implicit', { transferSyntax: SYNTAX.implicit }], ['big endian', { transferSyntax: SYNTAX.big }],
    ['no preamble', { preamble: false, meta: false }], ['large', { columns: 1200, rows: 1000 }], ['RLE', { transferSyntax: SYNTAX.rle }],
    ['JPEG 2000', { transferSyntax: '1.2.840.10008.1.2.4.90' }]
  ] as const
  it.each(shapes)('is known to be short of its end, and whole at its end (%s)', async (_, options) => {
    const file = await makeAnyDicom(options)
    expect(beginsAsDicom(file)).toBe(true)
    expect(judge(file)).toBe(false)
    for (const share of [0.2, 0.5, 0.8, 0.999]) expect([share, judge(file.subarray(0, Math.floor(file.length * share)))]).toEqual([share, true])
  })

  it('is not judged where nobody can tell', () => {
    const deflated = makeDicom({ transferSyntax: SYNTAX.deflated })
    expect(judge(deflated.subarray(0, deflated.length / 2))).toBe(false)
  })

  const samples = resolve(import.meta.dirname, '../../../shared/data/dicom-samples')
  it.skipIf(!existsSync(samples))('of the field is short only where its name says so (../shared/data/dicom-samples)', () => {
    const names = readdirSync(samples, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(samples, name)).isFile() && !name.endsWith('.csv'))
    const files = names.map((name) => ({ name, bytes: readFileSync(join(samples, name)) }))
    const cut = files.filter(({ bytes }) => beginsAsDicom(bytes) && judge(bytes)).map(({ name }) => name)
    expect(names.length).toBeGreaterThan(80)
    expect(cut.map((name) => /truncated|too_short/.test(name))).toEqual([true, true, true])
  })
})
