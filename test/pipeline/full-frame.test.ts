import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'
import type { Study } from '../../src/domain/study.js'
import { createFullFrames } from '../../src/pipeline/full-frame.js'
import type { RenderRequest } from '../../src/pipeline/reader/reader.js'
import { sampleStudy } from '../report/sample-study.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'full-frame-')) })
afterEach(() => rm(folder, { recursive: true }))

const reading = sampleStudy.reading!
const clip: Study = { ...sampleStudy, reading: { ...reading, image: { ...reading.image, frames: 3 } } }
const files = { objectPath: () => join(folder, 'object'), derivedFolder: () => join(folder, 'derived') }

it('gives any frame of a clip in full: makes it once, whole, and knows its end', async () => {
  const asked: RenderRequest[] = []
  const fullFrame = createFullFrames({
    store: files,
    reader: {
      render: async (request) => {
        asked.push(request)
        await writeFile(request.target, `pixels of frame ${request.frame}`)
        return ok(request.target)
      }
    }
  })
  const file = { role: 'full', name: 'full-2.png', frame: 2 }
  expect(await fullFrame(clip, 2)).toEqual(ok(file))
  expect(await fullFrame(clip, 2)).toEqual(ok(file))
  expect(asked.map(({ frame, size, invert }) => [frame, size, invert])).toEqual([[2, 'full', false]])
  expect(await fullFrame(clip, 3)).toEqual(ok(undefined))
  expect(await readdir(files.derivedFolder())).toEqual(['full-2.png'])
  const negative: Study = { ...clip, reading: { ...clip.reading!, quality: { ...reading.quality, reasons: [{ code: 'inverted-put-right', text: '' }] } } }
  expect(await fullFrame(negative, 0)).toEqual(ok({ role: 'full', name: 'full-0-inverted.png', frame: 0 }))
})

it('leaves nothing behind when the reader can not make it now', async () => {
  const fullFrame = createFullFrames({
    store: files,
    reader: {
      render: async ({ target }) => {
        await writeFile(target, 'half')
        return err(problem('reader-crashed', 'Ask again.'))
      }
    }
  })
  expect(await fullFrame(clip, 1)).toMatchObject({ ok: false, error: { code: 'reader-crashed' } })
  expect(await readdir(files.derivedFolder())).toEqual([])
})
