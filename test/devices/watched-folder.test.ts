import { spawnSync } from 'node:child_process'
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceLink } from '../../src/devices/device-kind.js'
import { watchedFolder } from '../../src/devices/watched-folder/watched-folder.js'
import type { Arrival, Deliver } from '../../src/domain/arrival.js'
import type { Problem } from '../../src/domain/problem.js'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('the watched folder', () => {
  let root: string
  let inbox: string
  let link: DeviceLink
  let taken: { name: string; text: string; eye?: string }[]
  let problems: Problem[]
  let deliver: Deliver
  let hasRoom: boolean
  let logged: object[]
  const take: Deliver = async (arrival: Arrival) => {
    taken.push({ name: arrival.originalName!, text: await readFile(arrival.spoolPath, 'utf8'), eye: arrival.laterality })
    return ok({ outcome: 'stored', studyId: '20260301-00000000' })
  }
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-inbox-'))
    inbox = join(root, 'inbox')
    await mkdir(join(root, 'spool'))
    taken = []
    problems = []
    logged = []
    deliver = take
    hasRoom = true
    link = await watchedFolder.open({ folder: inbox, settleMs: 300 }, {
      deviceId: 'inbox', spoolFolder: join(root, 'spool'), stateFolder: join(root, 'devices'), clock: systemClock, log: { ...silentLog, warn: (event, fields) => { logged.push({ event, ...fields }) } },
      hasRoomFor: () => Promise.resolve(hasRoom), deliver: (arrival) => deliver(arrival), report: (each) => problems.push(each)
    })
  })
  afterEach(async () => {
    await link[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  })
  const takenNames = (): string[] => taken.map((each) => each.name).sort()

  it('takes files of sub-folders too, and leaves an empty inbox and spool', async () => {
    await mkdir(join(inbox, 'card', 'DCIM'), { recursive: true })
    await writeFile(join(inbox, 'a.jpg'), 'A')
    await writeFile(join(inbox, 'card', 'DCIM', 'b.jpg'), 'B')
    await vi.waitFor(() => expect(takenNames()).toEqual(['a.jpg', 'b.jpg']), 5000)
    await vi.waitFor(async () => {
      expect(await readdir(join(inbox, 'card', 'DCIM'))).toEqual([])
      expect(await readdir(join(root, 'spool'))).toEqual([])
    }, 2000)
  })

  it('knows the eye that a name says, and takes nobody\'s initial for one', async () => {
    for (const name of ['10_left.jpg', 'smith r.jpg']) await writeFile(join(inbox, name), name)
    await vi.waitFor(() => expect(taken.map(({ name, eye }) => [name, eye]).sort()).toEqual([['10_left.jpg', 'L'], ['smith r.jpg', undefined]]), 5000)
  })

  it('waits while a file still grows, and then takes all of it', async () => {
    for (let piece = 0; piece < 8; piece += 1) {
      await appendFile(join(inbox, 'growing.dcm'), `${piece}`)
      await pause(60)
      expect(taken).toEqual([])
    }
    await vi.waitFor(() => expect(taken).toEqual([{ name: 'growing.dcm', text: '01234567' }]), 5000)
  })

  it('leaves dot files, unfinished downloads and symbolic links alone', async () => {
    await writeFile(join(root, 'secret'), 'not in the inbox')
    await symlink(join(root, 'secret'), join(inbox, 'link.dcm'))
    await symlink(root, join(inbox, 'folder'))
    for (const name of ['.hidden', 'a.part', 'b.TMP', 'c.crdownload']) await writeFile(join(inbox, name), 'x')
    await writeFile(join(inbox, 'real.dcm'), 'y')
    await vi.waitFor(() => expect(takenNames()).toEqual(['real.dcm']), 5000)
    await pause(400)
    expect(takenNames()).toEqual(['real.dcm'])
    expect(await readFile(join(root, 'secret'), 'utf8')).toBe('not in the inbox')
  })

  it('keeps a file that changed between reading and removing, and takes it again', async () => {
    deliver = async (arrival) => {
      deliver = take
      await writeFile(join(inbox, 'a.dcm'), 'second version')
      return take(arrival)
    }
    await writeFile(join(inbox, 'a.dcm'), 'first')
    await vi.waitFor(() => expect(taken.map((each) => each.text)).toEqual(['first', 'second version']), 5000)
  })

  it('keeps a file that could not be stored, and offers it again later', async () => {
    let refusals = 0
    deliver = (arrival) => {
      refusals += 1
      if (refusals > 1) return take(arrival)
      return Promise.resolve(err(problem('store-full', 'Full.')))
    }
    await writeFile(join(inbox, 'a.dcm'), 'kept')
    await vi.waitFor(() => expect(refusals).toBe(1), 5000)
    expect(await readFile(join(inbox, 'a.dcm'), 'utf8')).toBe('kept')
    await vi.waitFor(() => expect(takenNames()).toEqual(['a.dcm']), 6000)
  })

  it('does not even copy a file for which there is no room, and says so', async () => {
    hasRoom = false
    await writeFile(join(inbox, 'a.dcm'), 'kept')
    await vi.waitFor(() => expect(problems.map((each) => each.code)).toContain('store-full'), 5000)
    expect(taken).toEqual([])
    hasRoom = true
    await vi.waitFor(() => expect(takenNames()).toEqual(['a.dcm']), 6000)
  })

  it('takes an empty file only after a longer wait: it may be the first moment of a copy', async () => {
    await writeFile(join(inbox, 'empty.dcm'), '')
    await pause(700)
    expect(taken).toEqual([])
    await vi.waitFor(() => expect(taken).toEqual([{ name: 'empty.dcm', text: '' }]), 5000)
  })

  it('takes names of any bytes and any length', async () => {
    const names = [Buffer.from([0x66, 0xff, 0xfe, 0x2e, 0x64, 0x63, 0x6d]), Buffer.from('снимок лёгких 胸片.dcm'), Buffer.from('a\nb "c" $(d).dcm'), Buffer.from('-rf')]
    for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${inbox}/`), name]), 'x')
    await vi.waitFor(async () => expect(await readdir(inbox)).toEqual([]), 6000)
    expect(taken).toHaveLength(4)
  })

  it('ends with a problem when the folder is taken away, so that it can be opened again', async () => {
    await rm(inbox, { recursive: true })
    expect((await link.closed).problem).toMatchObject({ code: 'folder-missing' })
  })

  it('names no file in the log when it ends at one that can not be looked at', async () => {
    const deep = join(inbox, ...Array.from({ length: Math.floor((4080 - inbox.length) / 251) }, () => 'd'.repeat(250)))
    const name = `BAUMANN ANNA ${'x'.repeat(230)}.dcm`
    await mkdir(deep, { recursive: true })
    spawnSync('touch', [name], { cwd: deep })
    await link.closed
    spawnSync('rm', [name], { cwd: deep })
    expect(logged).toEqual([{ event: 'watched-folder-ended', reason: expect.stringMatching(/^Error ENAMETOOLONG lstat/) as string }])
  })

  it.skipIf(process.getuid?.() === 0)('reports a file that it may not read, and takes the others', async () => {
    await writeFile(join(inbox, 'a.dcm'), 'x')
    await chmod(join(inbox, 'a.dcm'), 0)
    await writeFile(join(inbox, 'b.dcm'), 'y')
    await vi.waitFor(() => expect(takenNames()).toEqual(['b.dcm']), 5000)
    expect(problems.map((each) => each.code)).toContain('not-permitted')
  })
})
