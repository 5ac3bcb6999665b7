import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rowsOf } from '../../src/cli/labelled-set.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-labelled-')) })
afterEach(() => rm(folder, { recursive: true }))

async function rows(text: string, ...where: string[]) {
  const csv = join(folder, 'labels.csv')
  await writeFile(csv, text)
  return rowsOf({ csv, root: folder, pack: 'tb-chest', where, patientColumn: 'patient' })
}
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
})
