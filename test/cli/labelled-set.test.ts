import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CliHost } from '../../src/cli/host.js'
import { readSet } from '../../src/cli/labelled-set.js'
import type { LabelledSet } from '../../src/cli/labelled-table.js'
import { patientSentence, rowsOf } from '../../src/cli/labelled-table.js'
import type { Reader } from '../../src/pipeline/reader/reader.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-labelled-')) })
afterEach(() => rm(folder, { recursive: true }))

async function table(text: string | Buffer, more: Partial<LabelledSet> = {}) {
  const csv = join(folder, 'labels.csv')
  await writeFile(csv, text)
  return rowsOf({ csv, root: folder, pack: 'tb-chest', where: [], truth: [], patientColumn: 'patient_or_eye_id', ...more })
}
const rows = (text: string, ...where: string[]) => table(text, { where })
const CSV = 'file,label,split\na.png,tb,train\nb.png,normal,val\nc.png,tb,\n'

describe('the rows of a labelled set', () => {
  it('are those that fit every --where', async () => {
    expect((await rows(CSV, 'label=tb|normal', 'split=val')).map(({ file }) => file)).toEqual(['b.png'])
    expect(await rows(CSV)).toHaveLength(3)
  })
  it('that are none are a mistake, answered with what the column holds', async () => {
    await expect(rows(CSV, 'split=test')).rejects.toThrow(/No row .* `split` has train, val, \(empty\)/)
    await expect(rows(CSV, 'spilt=val')).rejects.toThrow('there is no column `spilt`')
    await expect(rows('file,label\n')).rejects.toThrow('has no rows below its header')
  })
  it('have every column that is asked for', async () => {
    await expect(table(CSV, { splitBy: ['camera'] })).rejects.toThrow(/--by: .*labels.csv has no column `camera`; it has file, label, split\./)
    await expect(table(CSV, { truth: ['tb=xpert:MTB'] })).rejects.toThrow(/--truth: .* no column `xpert`/)
    await expect(table(CSV, { patientColumn: 'person' })).rejects.toThrow(/--patient-column: .* no column `person`/)
    expect(await table(CSV, { splitBy: ['split'], truth: ['tb=label:tb'], patientColumn: 'label' })).toHaveLength(3)
  })
  it('have every value that --truth calls positive, in letters that are read as they were written', async () => {
    await expect(table(CSV, { truth: ['tb=label:Tb|tb'] })).rejects.toThrow(/--truth: no row of .*labels.csv has Tb as its `label`; it has tb, normal\./)
    expect(await table(CSV, { truth: ['tb=label:normal'], where: ['split=train'] })).toHaveLength(1)
    await expect(table(Buffer.from('file,label\na.png,tb\nb.png,t\u00eate\n', 'latin1'))).rejects.toThrow(/labels.csv is not UTF-8 \(line 3\): .*Save it as "CSV UTF-8"/)
    expect(await table('\ufefffile,label\nb.png,t\u00eate\n')).toEqual([{ file: 'b.png', label: 't\u00eate' }])
  })
  it('are each a patient of their own where nobody says whose they are', async () => {
    expect(patientSentence('labels.csv', await rows(CSV))).toContain('intervals are by file')
    expect(patientSentence('labels.csv', await rows('file,patient_or_eye_id\na.png,p1\n'))).toBe('')
  })
  it('are between commas', async () => {
    await expect(table('file;label\na.png;tb, both lungs\n')).rejects.toThrow('labels.csv: the names in its first line are separated by semicolons. Save it with commas')
    await expect(table('file\tlabel\na.png\ttb\n')).rejects.toThrow('separated by tabs')
  })
  it('that do not fit the header are named by their line', async () => {
    await expect(rows('file,label\na.png,tb,\nb.png,normal\n')).rejects.toThrow(/^.*labels.csv: line 2 does not have as many values as the header has names\. /)
    await expect(rows('file,label\na.png,"tb\n')).rejects.toThrow(/labels.csv can't be read as a table from line 2 on/)
  })
})

const score = { code: 'tb', name: 'tb', score: 0.7, threshold: 0.5, positive: true }
const good = { pack: { id: 'tb-chest' }, quality: { gradable: true, reasons: [] }, findings: [score] }
const inService = (id: string, more: object = {}) => ({ id, version: '1.0.0', inService: true, task: 'findings', modality: 'cxr', asksAge: false, ...more })

const missing = { code: 'missing', message: 'It is not there.' }
const answerTo = (answer: object) => (answer === missing ? { ok: false, error: missing } : { ok: true, value: answer })

/** Reads with a reader that has these packs and answers the first rows so, the others well. */
async function readWith(packs: object[], answers: object[], set: Partial<LabelledSet> = {}, text = CSV) {
  const asked: (string | undefined)[] = []
  let said = ''
  const reader = {
    ready: Promise.resolve({ packs }),
    read: ({ packId }: { packId?: string }) => { asked.push(packId); return Promise.resolve(answerTo(answers[asked.length - 1] ?? good)) }
  } as unknown as Reader
  const csv = join(folder, 'labels.csv')
  await writeFile(csv, text)
  const host = { stderr: { write: (text: string) => { said += text } } } as unknown as CliHost
  const rows = await readSet({ csv, root: folder, pack: 'tb-chest', where: [], truth: [], patientColumn: 'patient_or_eye_id', version: '1.0.0', ...set }, { host, reader, signal: new AbortController().signal })
  return { asked, rows, said }
}

describe('the files of a labelled set', () => {
  it('go where the appliance would send them, and what is refused or goes elsewhere has no score', async () => {
    const undecided = { pack: null, quality: { gradable: false, reasons: [{ code: 'no-pack' }] }, findings: [] }
    const { asked, rows } = await readWith([inService('tb-chest'), inService('tb-stranger')], [undecided, { ...good, pack: { id: 'dr-fundus' } }])
    expect(asked).toEqual([undefined, undefined, undefined])
    expect(rows.map(({ gradable, reasons, scores }) => [gradable, reasons, scores])).toEqual([
      [false, ['no-pack'], {}], [false, ['read-by-other-pack'], {}], [true, [], { tb: 0.7 }]])
  })
  it('are given by name to a pack that another one stands before, which is said', async () => {
    const { asked, said } = await readWith([inService('a-chest'), inService('tb-chest')], [])
    expect(asked).toEqual(['tb-chest', 'tb-chest', 'tb-chest'])
    expect(said).toContain('pictures do not go to tb-chest but to a-chest')
  })
  it('are not judged as in the clinic where the gate is out of service, which is said', async () => {
    expect((await readWith([inService('tb-chest')], [])).said).toContain('The gate is out of service')
    expect((await readWith([inService('tb-chest'), inService('image-gate', { task: 'image-type', modality: 'any' })], [])).said).not.toContain('gate')
  })
  it('are named where they can not be read', async () => {
    const { said } = await readWith([inService('tb-chest')], [missing, good, missing])
    expect(said).toContain('2 of 3 files could not be read: a.png (missing), c.png (missing). Look for them below --root.\n')
    await expect(readWith([inService('tb-chest')], [missing], {}, 'file,label\nfilms\\a.png,tb\n')).rejects.toThrow('Is --root right? Write / between folder and file, not \\.')
  })
  it('are counted once, however often the table says the same of them', async () => {
    const twice = await readWith([inService('tb-chest')], [], {}, `${CSV}${CSV.split('\n').slice(1).join('\n')}./a.png,tb,val\n`)
    expect([twice.rows.length, twice.said]).toEqual([3, expect.stringMatching(/^Rows of .*labels.csv that repeat an earlier row of their file: 4\. Each file is counted once\.\n.* has no column/)])
    const torn = await readWith([inService('tb-chest')], [], {}, `${CSV}a.png,normal,train\n`)
    expect([torn.rows.length, torn.said]).toEqual([4, expect.stringMatching(/^Files of .*labels.csv in rows that differ: 1 \(a.png\)\. Each row is counted/)])
  })
  it('are negative where --truth does not name their value, which is said with counts', async () => {
    expect((await readWith([inService('tb-chest')], [], { truth: ['tb=label:tb'] })).said).toContain('Not tb by --truth: normal 1.\n')
    expect((await readWith([inService('tb-chest')], [], { truth: ['tb=split:val'] })).said).toContain('Not tb by --truth: train 1.\n')
  })
  it('are given by name to a pack for any kind of picture', async () => {
    expect((await readWith([inService('tb-chest', { modality: 'any' })], [])).asked).toEqual(['tb-chest', 'tb-chest', 'tb-chest'])
  })
  it('are not read by a pack that fails its golden cases, nor by another version of it', async () => {
    const problem = { code: 'pack-golden-mismatch', message: 'tb-chest/1.0.0: the chest phantom differs.' }
    await expect(readWith([inService('tb-chest', { inService: false, problem }), inService('tb-chest', { version: '0.9.0' })], [])).rejects.toThrow(problem.message)
  })
})
