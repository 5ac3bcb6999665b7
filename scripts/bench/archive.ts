import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './processes.js'
import type { Study } from '../../src/domain/study.js'
import { renderDocument } from '../../src/store/durable-document.js'

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const PER_DAY = 100
const FIRST_DAY = Date.UTC(2023, 0, 1)

/**
 * Fills a data folder with read studies numbered `from` up to `to`, as the store writes them but without waiting for the disk
 * until the end, so that no writing back disturbs what is measured next.
 * The index is removed, as after a restored backup. Returns the ids.
 */
export async function growArchive(root: string, from: number, to: number): Promise<string[]> {
  const ids: string[] = []
  for (let number = from; number < to; number++) {
    const study = readStudy(number)
    const folder = join(root, 'studies', study.id.slice(0, 4), study.id.slice(4, 6), study.id)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, study.object.name), study.id)
    writeFileSync(join(folder, 'study.json'), renderDocument(study))
    ids.push(study.id)
  }
  await rm(join(root, 'index'), { recursive: true, force: true })
  await run('sync', [])
  return ids
}

function readStudy(number: number): Study {
  const receivedAt = new Date(FIRST_DAY + Math.floor(number / PER_DAY) * 86_400_000 + (number % PER_DAY) * 300_000).toISOString()
  const suffix = Array.from({ length: 8 }, (_, i) => CROCKFORD[(number >>> (5 * (7 - i))) & 31]).join('')
  const id = `${receivedAt.slice(0, 10).replaceAll('-', '')}-${suffix}`
  const sha256 = createHash('sha256').update(id).digest('hex')
  const positive = number % 7 === 0
  return {
    formatVersion: 1, id, revision: 4, state: 'ready', receivedAt, timeUncertain: false, sequence: number + 1,
    source: { kind: 'dicom', deviceId: 'dicom', callingAeTitle: 'DIGITIZER' },
    object: { name: `${sha256}.dcm`, sha256, bytes: id.length, content: 'dicom', fingerprint: sha256, sopInstanceUid: `2.25.${number + 1}` },
    answers: {}, modality: 'cxr', questions: [], reviews: [], attempts: 1,
    reading: {
      content: 'dicom', image: { width: 2000, height: 2500, channels: 1, frames: 1 }, modality: 'cxr',
      pack: { id: 'tb-chest', version: '0.1.0', sha256 }, provider: 'cpu', quality: { gradable: true, score: 0.9, reasons: [] },
      findings: [{ code: 'tb', name: 'Signs of tuberculosis', score: positive ? 0.8 : 0.1, threshold: 0.4, positive }],
      detail: {}, operatingPoint: 'default', derived: [{ role: 'thumbnail', name: 'thumbnail.jpg' }],
      timingMs: { decode: 40, quality: 5, preprocess: 10, inference: 20, total: 75 }
    },
    triage: positive ? { level: 'urgent', text: 'Sputum or molecular test today; mask.' } : { level: 'routine', text: 'No sign of tuberculosis.' },
    history: ['received', 'reading-begun', 'read'].map((event) => ({ at: receivedAt, event, by: 'system' }))
  }
}
