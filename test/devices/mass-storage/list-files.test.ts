import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepsWallTime, listFiles } from '../../../src/devices/mass-storage/list-files.js'

describe('the times of a camera\'s card', () => {
  let folder: string
  const zone = process.env['TZ']
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-times-')) })
  afterEach(async () => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
    await rm(folder, { recursive: true, force: true })
  })
  const takenAt = async (at: string, isWallTime: boolean): Promise<string> => {
    await writeFile(join(folder, 'IMG_0001.JPG'), 'picture')
    await utimes(join(folder, 'IMG_0001.JPG'), new Date(at), new Date(at))
    const { files } = await listFiles(Buffer.from(folder), { most: 10, signal: new AbortController().signal, isWallTime })
    return new Date(files[0]!.modifiedMs).toISOString()
  }

  it.each([
    ['Africa/Nairobi', '2026-03-01T11:30:00.000Z'], ['Asia/Kolkata', '2026-03-01T09:00:00.000Z'], ['America/Lima', '2026-03-01T19:30:00.000Z'], ['UTC', '2026-03-01T14:30:00.000Z']
  ])('are those of the clinic\'s wall where the file system keeps no time zone (14:30 in %s)', async (place, moment) => {
    process.env['TZ'] = place
    expect(await takenAt('2026-03-01T14:30:00.000Z', true)).toBe(moment)
  })

  it('are taken as they are where it keeps moments', async () => {
    process.env['TZ'] = 'Africa/Nairobi'
    expect(await keepsWallTime(Buffer.from(folder))).toBe(false)
    expect(await takenAt('2026-03-01T14:30:00.000Z', false)).toBe('2026-03-01T14:30:00.000Z')
  })
})
