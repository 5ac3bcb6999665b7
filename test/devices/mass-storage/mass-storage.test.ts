import { appendFile, mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { problem } from '../../../src/domain/problem.js'
import { err, ok } from '../../../src/domain/result.js'
import sharp from 'sharp'
import { makeDicom } from '../../generators/dicom.js'
import { bmpFile, jpegFile } from '../../generators/images.js'
import { StickClinic, sha256Of } from './clinic.js'

const stored = ok({ outcome: 'stored' as const, studyId: '20260301-00000000' })

describe('a stick', () => {
  let clinic: StickClinic
  beforeEach(async () => { clinic = await StickClinic.open() })
  afterEach(() => clinic[Symbol.asyncDispose]())

  /** Plugs a stick in, whole at once, as a mount does. */
  const plug = async (name: string, files: Record<string, Uint8Array | string>): Promise<void> => {
    const made = join(clinic.folder, `making-${name}`)
    await mkdir(made, { recursive: true })
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(join(made, path, '..'), { recursive: true })
      await writeFile(join(made, path), bytes)
    }
    await rename(made, clinic.stick(name))
  }
  const reaches = (name: string, phase: string): Promise<void> =>
    vi.waitFor(() => expect(clinic.medium(name)?.phase).toBe(phase), 5000)

  it('is listed with the eye that names tell, newest first, without rubbish, and nothing is taken before a person says so', async () => {
    await plug('A', {
      'DCIM/OD/0001.JPG': 'a', 'DCIM/101_OS.JPG': 'b', 'STUDY/IM000001': 'c', 'readme.txt': 'd', '.Trashes/x.jpg': 'e', 'System Volume Information/y.jpg': 'f', 'DICOMDIR': 'g'
    })
    await utimes(join(clinic.stick('A'), 'STUDY/IM000001'), 2_000_000_000, 2_000_000_000)
    await utimes(join(clinic.stick('A'), 'DCIM/OD/0001.JPG'), 1_000_000_000, 1_000_000_000)
    await reaches('A', 'ready')
    const files = await clinic.files('A')
    expect(files.map(({ name, folder, laterality }) => [folder, name, laterality])).toEqual([
      ['STUDY', 'IM000001', undefined], ['DCIM', '101_OS.JPG', 'L'], ['DCIM/OD', '0001.JPG', 'R']
    ])
    expect(clinic.medium('A')).toMatchObject({ pictures: 3, others: 1, taken: 0 })
    expect(clinic.arrivals).toEqual([])
  })

  it('shows a small picture before anything is imported', async () => {
    await plug('A', { 'a.jpg': await jpegFile(), 'b.dcm': 'no picture' })
    await reaches('A', 'ready')
    for (const { key, name } of await clinic.files('A')) {
      const { jpegBase64 } = await clinic.do<{ jpegBase64: string | null }>('thumbnail', { medium: 'A', key })
      if (name === 'a.jpg') expect(Buffer.from(jpegBase64!, 'base64').readUInt16BE(0)).toBe(0xffd8)
      else expect(jpegBase64).toBeNull()
    }
  })

  it('shows DICOM and BMP too, drawn from a copy by the reader, and tries what can not be drawn once', async () => {
    const bytes = { 'IM0001': makeDicom({ columns: 300, rows: 200 }), 'film.bmp': bmpFile(), 'torn.dcm': makeDicom().subarray(0, 400) }
    await plug('A', bytes)
    await reaches('A', 'ready')
    const sizes: Record<string, unknown> = {}
    for (let round = 0; round < 2; round += 1) for (const { key, name } of await clinic.files('A')) {
      const { jpegBase64 } = await clinic.do<{ jpegBase64: string | null }>('thumbnail', { medium: 'A', key })
      const { width, height, format } = jpegBase64 === null ? {} as Record<string, never> : await sharp(Buffer.from(jpegBase64, 'base64')).metadata()
      sizes[name] = [format, width, height]
    }
    expect(sizes).toEqual({ IM0001: ['jpeg', 240, 160], 'film.bmp': ['jpeg', 240, 240], 'torn.dcm': [undefined, undefined, undefined] })
    expect(clinic.drawn).toBe(5)
    expect((await readdir(clinic.spool)).filter((entry) => entry.startsWith('preview'))).toEqual([])
    expect(clinic.arrivals).toEqual([])
  })

  it('gives the chosen pictures, byte for byte, with their eye, to the visit that was open when it began', async () => {
    await plug('A', { 'a_OD.jpg': 'right', 'b_OS.jpg': 'left', 'c.jpg': 'other' })
    await reaches('A', 'ready')
    clinic.holding = { visitId: 'V-20260301-AAAAAAAA', patientId: 'P-0000000A' }
    const chosen = (await clinic.files('A')).filter(({ name }) => name !== 'c.jpg').map(({ key }) => key)
    await clinic.do('import', { medium: 'A', wanted: chosen, forVisit: true })
    clinic.holding = { visitId: 'V-20260301-BBBBBBBB', patientId: 'P-0000000B' }
    await reaches('A', 'done')
    expect(clinic.arrivals.map(({ originalName, laterality, visitId, sha256 }) => [originalName, laterality, visitId, sha256]).sort()).toEqual([
      ['a_OD.jpg', 'R', 'V-20260301-AAAAAAAA', sha256Of(Buffer.from('right'))], ['b_OS.jpg', 'L', 'V-20260301-AAAAAAAA', sha256Of(Buffer.from('left'))]
    ])
    expect((await clinic.files('A')).filter(({ taken }) => taken)).toHaveLength(2)
  })

  it('gives pictures imported without a visit to nobody, whatever visit is open', async () => {
    await plug('A', { 'a.jpg': 'x' })
    await reaches('A', 'ready')
    clinic.holding = { visitId: 'V-20260301-AAAAAAAA', patientId: 'P-0000000A' }
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'done')
    expect(clinic.arrivals).toMatchObject([{ visitId: null, source: { kind: 'mass-storage', operator: 'U-1' } }])
    expect(clinic.arrivals[0]!.patientId).toBeUndefined()
  })

  it('stopped by hand keeps what was imported, and a restart does not go on with the rest', async () => {
    await plug('A', Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`DCIM/${n}.jpg`, `picture ${n}`])))
    await reaches('A', 'ready')
    let stopping: Promise<unknown> | undefined
    let taken = 0
    clinic.deliver = async () => {
      taken += 1
      if (taken === 10) stopping = clinic.do('stop', { medium: 'A' })
      return stored
    }
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await vi.waitFor(() => expect(stopping).toBeDefined(), 5000)
    await stopping
    await reaches('A', 'ready')
    expect(clinic.arrivals.length).toBeLessThan(15)
    expect(clinic.medium('A')!.taken).toBe(taken)
    await clinic.link[Symbol.asyncDispose]()
    await clinic.start()
    await reaches('A', 'ready')
    await new Promise((resolve) => { setTimeout(resolve, 200) })
    expect([clinic.medium('A')!.taken, clinic.arrivals.length]).toEqual([taken, taken])
  })

  it('pulled in mid-import says so, and goes on by itself when it returns, also after a restart: nothing lost, nothing doubled', async () => {
    const pictures = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`DCIM/${n}.jpg`, `picture ${n}`]))
    await plug('A', pictures)
    await reaches('A', 'ready')
    let taken = 0
    clinic.deliver = async () => {
      taken += 1
      if (taken === 10 || taken === 20) {
        await rename(clinic.stick('A'), join(clinic.folder, 'pulled'))
        await new Promise((resolve) => { setTimeout(resolve, 120) })
      }
      return stored
    }
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'interrupted')
    expect(clinic.medium('A')!.problem).toMatchObject({ code: 'medium-gone' })
    await clinic.link[Symbol.asyncDispose]()
    await clinic.start()
    expect(clinic.medium('A')).toMatchObject({ phase: 'interrupted' })
    await rename(join(clinic.folder, 'pulled'), clinic.stick('A'))
    await vi.waitFor(() => expect(taken).toBe(20), 5000)
    await reaches('A', 'interrupted')
    await rename(join(clinic.folder, 'pulled'), clinic.stick('A'))
    await reaches('A', 'done')
    expect(clinic.arrivals.map(({ sha256 }) => sha256).sort()).toEqual(Object.values(pictures).map((text) => sha256Of(Buffer.from(text))).sort())
  })

  it('waits while there is no room, says so, and goes on', async () => {
    await plug('A', { 'a.jpg': 'x' })
    await reaches('A', 'ready')
    clinic.deliver = () => Promise.resolve(err(problem('store-full', 'Full.')))
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'waiting')
    expect(clinic.medium('A')!.problem).toMatchObject({ code: 'store-full' })
    clinic.deliver = () => Promise.resolve(stored)
    await reaches('A', 'done')
    expect(clinic.arrivals).toHaveLength(1)
  })

  it('imports only what is new the next time', async () => {
    await plug('A', { 'a.jpg': 'x' })
    await reaches('A', 'ready')
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'done')
    await rename(clinic.stick('A'), join(clinic.folder, 'pulled'))
    await vi.waitFor(() => expect(clinic.medium('A')).toBeUndefined(), 5000)
    await writeFile(join(clinic.folder, 'pulled', 'b.jpg'), 'y')
    await rename(join(clinic.folder, 'pulled'), clinic.stick('A'))
    await reaches('A', 'ready')
    expect(clinic.medium('A')).toMatchObject({ pictures: 2, taken: 1 })
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'done')
    expect(clinic.arrivals.map(({ originalName }) => originalName)).toEqual(['a.jpg', 'b.jpg'])
    await expect(clinic.do('import', { medium: 'A', wanted: 'all' })).rejects.toThrow('nothing-chosen')
  })

  it('takes names of any bytes and never follows a link out of the stick', async () => {
    await writeFile(join(clinic.folder, 'secret.jpg'), 'not on the stick')
    const made = join(clinic.folder, 'making')
    await mkdir(made)
    for (const name of [Buffer.from([0x66, 0xff, 0xfe, 0x2e, 0x6a, 0x70, 0x67]), Buffer.from('снимок 胸片.jpg'), Buffer.from('a\nb "c" $(d).jpg'), Buffer.from('-rf')]) {
      await writeFile(Buffer.concat([Buffer.from(`${made}/`), name]), name)
    }
    await symlink(join(clinic.folder, 'secret.jpg'), join(made, 'link.jpg'))
    await symlink(clinic.folder, join(made, 'DCIM'))
    await rename(made, clinic.stick('A'))
    await reaches('A', 'ready')
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'done')
    expect(clinic.arrivals).toHaveLength(4)
    expect(clinic.arrivals.map(({ sha256 }) => sha256)).not.toContain(sha256Of(Buffer.from('not on the stick')))
  })

  it('does not follow a folder that became a link after it was listed', async () => {
    await mkdir(join(clinic.folder, 'elsewhere'))
    await writeFile(join(clinic.folder, 'elsewhere', 'a.jpg'), 'secret')
    await plug('A', { 'DCIM/a.jpg': 'public', 'b.jpg': 'public too' })
    await reaches('A', 'ready')
    await rm(join(clinic.stick('A'), 'DCIM'), { recursive: true })
    await symlink(join(clinic.folder, 'elsewhere'), join(clinic.stick('A'), 'DCIM'))
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'done')
    expect(clinic.arrivals.map(({ originalName }) => originalName)).toEqual(['b.jpg'])
    expect(clinic.medium('A')!.import!.failed).toMatchObject([{ name: 'a.jpg', problem: { code: 'file-outside' } }])
  })

  it('names a file that changed since it was listed, and takes the others', async () => {
    await plug('A', { 'a.jpg': 'first', 'b.jpg': 'second' })
    await reaches('A', 'ready')
    await appendFile(join(clinic.stick('A'), 'a.jpg'), ' and more')
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'done')
    expect(clinic.medium('A')!.import).toMatchObject({ done: 1, failures: 1, failed: [{ name: 'a.jpg', problem: { code: 'file-gone' } }] })
  })

  it('tells the page, at most a few times a second', async () => {
    await plug('A', Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${n}.jpg`, `${n}`])))
    await reaches('A', 'ready')
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'done')
    await vi.waitFor(() => expect(clinic.events.length).toBeGreaterThan(0), 2000)
    expect(clinic.events.length).toBeLessThan(20)
  })

  it('refuses commands that make no sense, in words', async () => {
    await expect(clinic.do('import', { medium: 'A', wanted: 'all' })).rejects.toThrow('medium-gone')
    await expect(clinic.do('import', { medium: 'A', wanted: ['../etc'] })).rejects.toThrow('bad-command')
    await expect(clinic.do('format', { medium: 'A' })).rejects.toThrow('no-such-command')
    await expect(clinic.do('thumbnail', { medium: 'A', key: '0000000000000000' })).rejects.toThrow('medium-gone')
  })
})

const ANNA = { visitId: 'V-20260301-AAAAAAAA', patientId: 'P-0000000A' }
const BERTA = { visitId: 'V-20260301-BBBBBBBB', patientId: 'P-0000000B' }

describe('a card whose pictures are taken by themselves', () => {
  let clinic: StickClinic
  const names = ['A1.jpg', 'A2.jpg', 'A3.jpg']
  const pulled = () => join(clinic.folder, 'pulled')
  const plugIn = () => rename(pulled(), clinic.stick('CARD'))
  const given = () => clinic.arrivals.map(({ originalName, visitId }) => [originalName, visitId]).sort()
  const reaches = (phase: string): Promise<void> => vi.waitFor(() => expect(clinic.medium('CARD')?.phase).toBe(phase), 5000)
  /** Anna's pictures are on it; after the second it is pulled, and Berta's is taken. */
  beforeEach(async () => {
    clinic = await StickClinic.open({ import: 'all' })
    await mkdir(pulled())
    for (const name of names) await writeFile(join(pulled(), name), name)
    clinic.holding = ANNA
    let taken = 0
    clinic.deliver = async () => {
      taken += 1
      if (taken === 2) await rename(clinic.stick('CARD'), pulled())
      return stored
    }
    await plugIn()
    await vi.waitFor(() => expect(clinic.problems).toMatchObject([{ code: 'medium-gone' }]), 5000)
    await writeFile(join(pulled(), 'B1.jpg'), 'B1.jpg')
  })
  afterEach(() => clinic[Symbol.asyncDispose]())

  it('goes on with those that were on it, and gives what was taken later to who is here when it returns', async () => {
    clinic.holding = BERTA
    await plugIn()
    await vi.waitFor(() => expect(clinic.arrivals).toHaveLength(4), 5000)
    expect(given()).toEqual([...names.map((name) => [name, ANNA.visitId]), ['B1.jpg', BERTA.visitId]])
  })

  it('does so too when the appliance was started anew in between', async () => {
    await clinic.link[Symbol.asyncDispose]()
    clinic.holding = BERTA
    await clinic.start()
    await plugIn()
    await vi.waitFor(() => expect(clinic.arrivals).toHaveLength(4), 5000)
    expect(given()).toEqual([...names.map((name) => [name, ANNA.visitId]), ['B1.jpg', BERTA.visitId]])
  })

  it('stopped by hand when it returned takes nothing more by itself', async () => {
    let stopping: Promise<unknown> | undefined
    clinic.deliver = async () => { stopping = clinic.do('stop', { medium: 'CARD' }); return stored }
    await plugIn()
    await vi.waitFor(() => expect(stopping).toBeDefined(), 5000)
    await stopping
    await reaches('ready')
    expect(given()).toEqual(names.map((name) => [name, ANNA.visitId]))
  })
})

describe('a card that was pulled in mid-import', () => {
  it('goes on with those of its visit also when the spool was emptied meanwhile, and after an update', async () => {
    for (const isUpdate of [false, true]) {
      await using clinic = await StickClinic.open()
      const pulled = join(clinic.folder, 'pulled')
      await mkdir(pulled)
      for (const name of ['A1.jpg', 'A2.jpg']) await writeFile(join(pulled, name), name)
      await rename(pulled, clinic.stick('CARD'))
      await vi.waitFor(() => expect(clinic.medium('CARD')?.phase).toBe('ready'), 5000)
      clinic.holding = ANNA
      clinic.deliver = async () => { await rename(clinic.stick('CARD'), pulled); return stored }
      await clinic.do('import', { medium: 'CARD', wanted: 'all', forVisit: true })
      await vi.waitFor(() => expect(clinic.problems).toMatchObject([{ code: 'medium-gone' }]), 5000)
      await clinic.link[Symbol.asyncDispose]()
      await rm(clinic.spool, { recursive: true })
      await mkdir(join(clinic.spool, 'mass-storage'), { recursive: true })
      if (isUpdate) await rename(join(clinic.folder, 'devices', 'usb', 'media'), join(clinic.spool, 'mass-storage', 'usb'))
      clinic.deliver = () => Promise.resolve(stored)
      await clinic.start()
      expect(clinic.medium('CARD')).toMatchObject({ phase: 'interrupted' })
      await rename(pulled, clinic.stick('CARD'))
      await vi.waitFor(() => expect(clinic.medium('CARD')?.phase).toBe('done'), 5000)
      expect(clinic.arrivals.map(({ originalName, visitId }) => [originalName, visitId]).sort()).toEqual([['A1.jpg', ANNA.visitId], ['A2.jpg', ANNA.visitId]])
    }
  })
})

describe('an import of a picture on a card, for a person', () => {
  it('does not take those that were added before it went on', async () => {
    await using clinic = await StickClinic.open()
    const pulled = join(clinic.folder, 'pulled')
    const reaches = (phase: string): Promise<void> => vi.waitFor(() => expect(clinic.medium('CARD')?.phase).toBe(phase), 5000)
    await mkdir(pulled)
    await writeFile(join(pulled, 'A1.jpg'), 'A1')
    await rename(pulled, clinic.stick('CARD'))
    await reaches('ready')
    clinic.holding = ANNA
    clinic.deliver = async () => { await rename(clinic.stick('CARD'), pulled); return err(problem('store-full', 'Full.')) }
    await clinic.do('import', { medium: 'CARD', wanted: 'all', forVisit: true })
    await vi.waitFor(() => expect(clinic.problems).toContainEqual(expect.objectContaining({ code: 'medium-gone' })), 5000)
    clinic.deliver = () => Promise.resolve(stored)
    await writeFile(join(pulled, 'B1.jpg'), 'B1')
    await rename(pulled, clinic.stick('CARD'))
    await reaches('done')
    expect(clinic.arrivals.map(({ originalName, visitId }) => [originalName, visitId])).toEqual([['A1.jpg', ANNA.visitId]])
  })

  it('is nobody\'s when an earlier release noted "all" and not which those were', async () => {
    await using clinic = await StickClinic.open()
    await clinic.link[Symbol.asyncDispose]()
    await rm(join(clinic.folder, 'devices'), { recursive: true })
    const journal = join(clinic.spool, 'mass-storage', 'usb', sha256Of(Buffer.from('CARD')).slice(0, 24))
    await mkdir(journal, { recursive: true })
    await writeFile(join(journal, 'import.json'), JSON.stringify({ formatVersion: 1, medium: 'CARD', id: 'one', by: 'usb', wanted: 'all', visitId: ANNA.visitId }))
    await mkdir(clinic.stick('CARD'))
    await writeFile(join(clinic.stick('CARD'), 'B1.jpg'), 'B1')
    await clinic.start()
    await vi.waitFor(() => expect(clinic.arrivals).toMatchObject([{ originalName: 'B1.jpg', visitId: null }]), 5000)
  })
})
