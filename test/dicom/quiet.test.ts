import { createRequire } from 'node:module'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { silenceDicomLibraries } from '../../src/dicom/quiet.js'
import { decodeFile } from '../../src/ingest/decode/decode.js'
import { makeDicom } from '../generators/dicom.js'

describe('the DICOM libraries', () => {
  it('print nothing of a private element, which may hold a name', async () => {
    const printed: unknown[] = []
    const spies = (['log', 'warn', 'info', 'error', 'debug'] as const).map((level) => vi.spyOn(console, level).mockImplementation((...args: unknown[]) => void printed.push(args)))
    silenceDicomLibraries()
    const folder = mkdtempSync(join(tmpdir(), 'quiet-'))
    const path = join(folder, 'a.dcm')
    writeFileSync(path, makeDicom({ extra: [{ tag: 0x00091001, vr: 'LO', value: 'Secret Name' }] }))
    const dcmjs = createRequire(import.meta.url)('dcmjs') as { data: { DicomMessage: { readFile(bytes: ArrayBuffer): { dict: object } }; DicomMetaDictionary: { naturalizeDataset(dict: object): object } } }
    const bytes = makeDicom({ extra: [{ tag: 0x00091001, vr: 'LO', value: 'Secret Name' }] })
    dcmjs.data.DicomMetaDictionary.naturalizeDataset(dcmjs.data.DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer).dict)
    await decodeFile(path)
    spies.forEach((spy) => spy.mockRestore())
    rmSync(folder, { recursive: true })
    expect(printed).toEqual([])
  })
})
