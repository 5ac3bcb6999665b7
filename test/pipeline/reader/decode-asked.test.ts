import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { photographFilm } from '../../../src/phantoms/film-photo.js'
import { renderPhantom } from '../../../src/phantoms/phantom.js'
import { decodeAsked } from '../../../src/pipeline/reader/decode-asked.js'
import { makeDicom } from '../../generators/dicom.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-decode-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

it('reads the film in a photograph, and says so', async () => {
  const photo = photographFilm(renderPhantom('chest', { seed: 5, width: 400, height: 480 }), { width: 800, height: 640, corners: [[220, 70], [600, 90], [620, 580], [200, 560]], seed: 1 })
  const path = join(folder, 'photo.jpg')
  await sharp(photo.data, { raw: { width: 800, height: 640, channels: 3 } }).jpeg({ quality: 90 }).toFile(path)
  const film = await decodeAsked({ path, filmPhoto: true })
  expect(film).toMatchObject({ ok: true, value: { pixels: { channels: 1 }, notes: [{ code: 'read-from-photo' }] } })
  if (film.ok) expect(film.value.pixels.width).toBeLessThan(460)
  expect(await decodeAsked({ path })).toMatchObject({ ok: true, value: { pixels: { width: 800, height: 640, channels: 3 }, notes: [] } })
})

it('leaves DICOM as it is', async () => {
  const path = join(folder, 'a.dcm')
  await writeFile(path, makeDicom({}))
  const decoded = await decodeAsked({ path, filmPhoto: true })
  expect(decoded.ok && decoded.value.notes).toEqual([])
})

it('gives no pixels of bytes that are not those received', async () => {
  const path = join(folder, 'a.dcm')
  const bytes = makeDicom({})
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await writeFile(path, bytes)
  expect(await decodeAsked({ path, sha256 })).toMatchObject({ ok: true })
  bytes[bytes.length - 1]! ^= 1
  await writeFile(path, bytes)
  expect(await decodeAsked({ path, sha256 })).toMatchObject({ ok: false, error: { code: 'object-damaged' } })
})
