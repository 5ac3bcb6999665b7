import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MediumFile } from '../../../src/devices/mass-storage/list-files.js'
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

  it.each([
    ['without a zone, read as UTC by an earlier release', '2026-03-01T14:30:00.000Z', '2026-03-01T11:30:00.000Z', '2026-03-01T12:30:00.000Z'],
    ['with its zone', '2026-03-01T11:30:00.000Z', '2026-03-01T11:30:00.000Z', '2026-03-01T11:30:00.000Z']
  ])('tell a picture on exFAT that was imported from a new one, whatever zone it is mounted for (a time %s)', async (_what, before, inSummer, inWinter) => {
    const known = new Set<string>()
    const listed = async (at: string, hoursAhead: number): Promise<MediumFile> => {
      await writeFile(join(folder, 'IMG_0001.JPG'), 'picture')
      await utimes(join(folder, 'IMG_0001.JPG'), new Date(at), new Date(at))
      const { files } = await listFiles(Buffer.from(folder), { most: 10, signal: new AbortController().signal, aheadMs: hoursAhead * 3_600_000, isKnown: (key) => known.has(key) })
      return files[0]!
    }
    const ofYesterday = await listed(before, 0)
    known.add(ofYesterday.key)
    expect((await listed(inSummer, 3)).key).toBe(ofYesterday.key)
    known.clear()
    const { key, otherKey } = await listed(inSummer, 3)
    for (const each of [key, otherKey!]) known.add(each)
    expect(known).toContain((await listed(inWinter, 2)).key)
  })
})
