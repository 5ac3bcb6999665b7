import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { diskQuestion } from '../../src/platform/disk-answers.js'
import { fixedClock } from '../fakes/fixed-clock.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-disk-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

it('says yes where a file can be written, and leaves none', async () => {
  expect(await diskQuestion(join(folder, 'probe'), fixedClock())()).toBe(true)
  expect(await readdir(folder)).toEqual([])
})

it('says no once the folder is away, asks again only after two seconds, and yes when it is back', async () => {
  const clock = fixedClock()
  const answers = diskQuestion(join(folder, 'inside', 'probe'), clock)
  expect(await answers()).toBe(false)
  await mkdir(join(folder, 'inside'))
  expect(await answers()).toBe(false)
  clock.advance(2000)
  expect(await answers()).toBe(true)
})
