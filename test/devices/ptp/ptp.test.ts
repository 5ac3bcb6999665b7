import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../../src/devices/device-kind.js'
import { openCamera } from '../../../src/devices/ptp/link.js'
import { askIdentities } from '../../../src/devices/ptp/ask-identities.js'
import { identitiesIn, isSamePicture } from '../../../src/devices/ptp/identity.js'
import { addedIn, errorIn, parseListing, takenAtIn } from '../../../src/devices/ptp/listing.js'
import { ptp } from '../../../src/devices/ptp/ptp.js'
import { ok } from '../../../src/domain/result.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { describeWith } from '../../flows/peers.js'

let folder: string
let link: DeviceLink | undefined
let taken: { name: string | undefined; text: string; visitId: string | null | undefined; takenAt: string | null | undefined }[]
let host: DeviceHost
let visitId: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-ptp-'))
  await mkdir(join(folder, 'spool'))
  await mkdir(join(folder, 'card', 'DCIM'), { recursive: true })
  taken = []
  visitId = 'V-20260301-AAAAAAAA'
  host = {
    deviceId: 'camera', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices', 'camera'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true), report: () => undefined,
    visit: () => ({ visitId, patientId: 'P-0000000A' }),
    deliver: async (arrival) => {
      taken.push({ name: arrival.originalName, text: await readFile(arrival.spoolPath, 'utf8'), visitId: arrival.visitId, takenAt: arrival.takenAt })
      return ok({ outcome: 'stored', studyId: '20260301-00000000' })
    }
  }
})
afterEach(async () => {
  await link?.[Symbol.asyncDispose]()
  link = undefined
  await rm(folder, { recursive: true, force: true })
})
const options = (more: object = {}) => {
  const parsed = ptp.parseOptions({ camera: 'Directory Browse', port: `disk:${join(folder, 'card')}`, pollSeconds: 0.1, ...more })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return parsed.value
}
const shoot = async (name: string, text: string): Promise<void> => {
  await writeFile(join(folder, 'making'), text)
  await rename(join(folder, 'making'), join(folder, 'card', 'DCIM', name))
}

describeWith(['gphoto2'], 'a camera on a cable (libgphoto2\'s driver for folders)', () => {
  it('gives each new picture to the visit of the moment, and none that was on its card before', async () => {
    await shoot('IMG_0001.JPG', 'of somebody else')
    link = await openCamera(options(), host)
    await shoot('IMG_0002.JPG', 'right eye')
    await shoot('IMG_0003.CR2', 'raw')
    await shoot('IMG_0004.JPG', 'left eye')
    await vi.waitFor(() => expect(taken.map(({ text }) => text).sort()).toEqual(['left eye', 'right eye']), 8000)
    expect(taken[0]).toMatchObject({ visitId: 'V-20260301-AAAAAAAA' })
    expect((await readdir(join(folder, 'card', 'DCIM'))).sort()).toEqual(['IMG_0001.JPG', 'IMG_0002.JPG', 'IMG_0003.CR2', 'IMG_0004.JPG'])
  }, 15_000)

  it('brings the pictures of a telephone, whose long names gphoto2 writes without a blank between them', async () => {
    await mkdir(join(folder, 'card', 'DCIM', 'Camera_of_the_eye_clinic'))
    for (const name of ['PXL_20260301_101112345.jpg', 'PXL_20260301_101112346.jpg']) await shoot(name, 'of before')
    link = await openCamera(options(), host)
    for (const name of ['PXL_20260301_101500001.jpg', 'PXL_20260301_101500002.jpg', 'Camera_of_the_eye_clinic/1.JPG']) await shoot(name, name)
    await vi.waitFor(() => expect(taken.map(({ name }) => name).sort()).toEqual(['1.JPG', 'PXL_20260301_101500001.jpg', 'PXL_20260301_101500002.jpg']), 8000)
  }, 20_000)

  it('knows what an earlier release had noted of a telephone with names written as one: nothing of before comes', async () => {
    await mkdir(host.stateFolder, { recursive: true })
    await writeFile(join(host.stateFolder, 'seen'), '/DCIM/PXL_20260301_101112345.jpgPXL_20260301_101112346.jpgVID_20260301_101112347.mp4IMG_0001.JPG\n')
    for (const name of ['PXL_20260301_101112345.jpg', 'PXL_20260301_101112346.jpg', 'IMG_0001.JPG', 'PXL_20260301_101500001.jpg']) await shoot(name, name)
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken.map(({ name }) => name)).toEqual(['PXL_20260301_101500001.jpg']), 8000)
  }, 20_000)

  it('leaves alone, once, what an earlier release could not note beside them: names written as one with that of a film', async () => {
    await mkdir(host.stateFolder, { recursive: true })
    const list = join(host.stateFolder, 'seen')
    await writeFile(list, '/DCIM/PXL_20250301_101112345.jpgPXL_20250301_101112346.jpg\n')
    await utimes(list, new Date('2026-02-01T09:00:00Z'), new Date('2026-02-01T09:00:00Z'))
    const ofBefore = async (name: string): Promise<void> => {
      await shoot(name, name)
      await utimes(join(folder, 'card', 'DCIM', name), new Date('2025-03-01T10:11:12Z'), new Date('2025-03-01T10:11:12Z'))
    }
    for (const name of ['PXL_20250301_101112345.jpg', 'PXL_20250301_101112346.jpg', 'PXL_20250301_101112347.jpg', 'VID_20250301_101112348.mp4']) await ofBefore(name)
    await shoot('PXL_20260301_101500001.jpg', 'PXL_20260301_101500001.jpg')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken.length).toBeGreaterThan(0), 8000)
    await link[Symbol.asyncDispose]()
    await ofBefore('PXL_20250301_101112349.jpg')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken.map(({ name }) => name)).toEqual(['PXL_20260301_101500001.jpg', 'PXL_20250301_101112349.jpg']), 8000)
  }, 20_000)

  it('brings what was taken while it was unplugged by a camera whose clock is years behind, with a list of an earlier release', async () => {
    await mkdir(host.stateFolder, { recursive: true })
    await writeFile(join(host.stateFolder, 'seen'), '/DCIM/RIGHT_EYE.TIFF\n')
    await shoot('LEFT_EYE.JPG', 'left eye')
    await utimes(join(folder, 'card', 'DCIM', 'LEFT_EYE.JPG'), new Date('2000-01-01T00:00:05Z'), new Date('2000-01-01T00:00:05Z'))
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken.map(({ name }) => name)).toEqual(['LEFT_EYE.JPG']), 8000)
  }, 15_000)

  it('is opened although a folder beside the pictures has a name with blanks, which gphoto2 does not enter', async () => {
    await mkdir(join(folder, 'card', 'My pictures'))
    link = await openCamera(options(), host)
    await shoot('IMG_0001.JPG', 'right eye')
    await vi.waitFor(() => expect(taken.map(({ text }) => text)).toEqual(['right eye']), 8000)
  }, 15_000)

  it('brings what was taken while it was unplugged, once', async () => {
    link = await openCamera(options(), host)
    await shoot('IMG_0001.JPG', 'one')
    await vi.waitFor(() => expect(taken).toHaveLength(1), 8000)
    await rename(join(folder, 'card'), join(folder, 'unplugged'))
    await link[Symbol.asyncDispose]()
    await rename(join(folder, 'unplugged'), join(folder, 'card'))
    await shoot('IMG_0002.JPG', 'two')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken.map(({ text }) => text)).toEqual(['one', 'two']), 8000)
  }, 20_000)

  it('gives what was taken while it was unplugged to the visit that had it then and still has it, and to nobody when another has it now', async () => {
    link = await openCamera(options(), host)
    const away = async (name: string): Promise<void> => {
      await link![Symbol.asyncDispose]()
      await shoot(name, name)
    }
    await away('IMG_0001.JPG')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken).toHaveLength(1), 8000)
    await away('IMG_0002.JPG')
    visitId = 'V-20260301-BBBBBBBB'
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken).toHaveLength(2), 8000)
    await shoot('IMG_0003.JPG', 'now')
    await vi.waitFor(() => expect(taken).toHaveLength(3), 8000)
    expect(taken.map((each) => each.visitId)).toEqual(['V-20260301-AAAAAAAA', null, 'V-20260301-BBBBBBBB'])
  }, 30_000)

  it('says of what it finds when it is back when that was taken: another card holds pictures from before the visit', async () => {
    link = await openCamera(options(), host)
    await link[Symbol.asyncDispose]()
    await shoot('IMG_0001.JPG', 'of a year ago')
    await utimes(join(folder, 'card', 'DCIM', 'IMG_0001.JPG'), new Date('2025-03-01T14:30:05Z'), new Date('2025-03-01T14:30:05Z'))
    await shoot('IMG_0002.JPG', 'of this visit')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken).toHaveLength(2), 8000)
    const of = (text: string) => taken.find((each) => each.text === text)!
    expect(of('of a year ago')).toMatchObject({ visitId, takenAt: '2025-03-01T14:33:05.000Z' })
    expect(of('of this visit').visitId).toBe(visitId)
    expect(Date.parse(of('of this visit').takenAt!)).toBeGreaterThan(Date.now())
    await shoot('IMG_0003.JPG', 'seen as it came')
    await vi.waitFor(() => expect(taken).toHaveLength(3), 8000)
    expect(of('seen as it came')).toMatchObject({ visitId, takenAt: undefined })
  }, 20_000)

  it('brings what was taken while it was unplugged also when the spool was emptied meanwhile', async () => {
    link = await openCamera(options(), host)
    await shoot('IMG_0001.JPG', 'one')
    await vi.waitFor(() => expect(taken).toHaveLength(1), 8000)
    await link[Symbol.asyncDispose]()
    await rm(join(folder, 'spool'), { recursive: true })
    await mkdir(join(folder, 'spool'))
    await shoot('IMG_0002.JPG', 'two')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken).toMatchObject([{ text: 'one' }, { text: 'two', visitId: 'V-20260301-AAAAAAAA' }]), 8000)
  }, 20_000)

  it('knows once what an earlier release had noted in the spool', async () => {
    const earlier = join(folder, 'spool', 'ptp', 'camera')
    await mkdir(earlier, { recursive: true })
    await writeFile(join(earlier, 'seen'), '/DCIM/IMG_0001.JPG\n')
    await writeFile(join(earlier, 'left'), `${visitId}\n`)
    await shoot('IMG_0001.JPG', 'one')
    await shoot('IMG_0002.JPG', 'two')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken).toMatchObject([{ text: 'two', visitId }]), 8000)
    await link[Symbol.asyncDispose]()
    await rm(join(folder, 'devices', 'camera', 'left'))
    await shoot('IMG_0003.JPG', 'three')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken).toMatchObject([{ text: 'two' }, { text: 'three', visitId: null }]), 8000)
  }, 20_000)

  it('brings another picture under a known name, as one that nobody saw come: the card was formatted, or is another one', async () => {
    const card = join(folder, 'card', 'DCIM')
    const old = new Date('2025-03-01T14:30:05Z')
    await shoot('IMG_0001.JPG', 'of somebody else')
    link = await openCamera(options(), host)
    await shoot('IMG_0002.JPG', 'right eye')
    await vi.waitFor(() => expect(taken).toHaveLength(1), 8000)
    await link[Symbol.asyncDispose]()
    await rename(card, join(folder, 'first card'))
    await mkdir(card)
    await shoot('IMG_0001.JPG', 'of a year ago')
    await utimes(join(card, 'IMG_0001.JPG'), old, old)
    await shoot('IMG_0002.JPG', 'the right eye, again')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken).toHaveLength(3), 8000)
    const of = (text: string) => taken.find((each) => each.text === text)!
    expect(of('of a year ago')).toMatchObject({ visitId, takenAt: '2025-03-01T14:33:05.000Z' })
    expect(Date.parse(of('the right eye, again').takenAt!)).toBeGreaterThan(Date.now())
    await shoot('IMG_0002.JPG', 'and while it is connected')
    await vi.waitFor(() => expect(taken).toHaveLength(4), 8000)
    expect(of('and while it is connected')).toMatchObject({ visitId, takenAt: expect.any(String) as string })
    await link[Symbol.asyncDispose]()
    await rename(card, join(folder, 'second card'))
    await rename(join(folder, 'first card'), card)
    link = await openCamera(options(), host)
    await shoot('IMG_0003.JPG', 'left eye')
    await vi.waitFor(() => expect(taken.slice(4).map(({ text }) => text)).toEqual(['left eye']), 8000)
  }, 30_000)

  it('says when the pictures of another card were taken, which was put in while the camera is held open', async () => {
    const card = join(folder, 'card', 'DCIM')
    const old = new Date('2025-03-01T14:30:05Z')
    await mkdir(join(folder, 'other card'))
    for (const name of ['DSC_0107.JPG', 'DSC_0108.JPG']) {
      await writeFile(join(folder, 'other card', name), name)
      await utimes(join(folder, 'other card', name), old, old)
    }
    await shoot('IMG_0001.JPG', 'of before')
    link = await openCamera(options(), host)
    await shoot('IMG_0002.JPG', 'right eye')
    await vi.waitFor(() => expect(taken).toMatchObject([{ text: 'right eye', takenAt: undefined }]), 8000)
    await rename(card, join(folder, 'first card'))
    await rename(join(folder, 'other card'), card)
    await vi.waitFor(() => expect(taken).toHaveLength(3), 8000)
    expect(taken.slice(1)).toMatchObject(['DSC_0107.JPG', 'DSC_0108.JPG'].map((text) => ({ text, takenAt: '2025-03-01T14:33:05.000Z' })))
    await shoot('DSC_0109.JPG', 'left eye')
    await vi.waitFor(() => expect(taken.slice(3)).toMatchObject([{ text: 'left eye', takenAt: undefined }]), 8000)
  }, 20_000)

  it('goes on with a list of an earlier release, which has names alone: nothing on it comes again, and another picture of that name comes', async () => {
    await mkdir(host.stateFolder, { recursive: true })
    await writeFile(join(host.stateFolder, 'seen'), '/DCIM/IMG_0001.JPG\n/DCIM/IMG_0002.JPG\n')
    for (const name of ['IMG_0001.JPG', 'IMG_0002.JPG', 'IMG_0003.JPG']) await shoot(name, name)
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken.map(({ text }) => text)).toEqual(['IMG_0003.JPG']), 8000)
    await link[Symbol.asyncDispose]()
    await shoot('IMG_0002.JPG', 'another one')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken.map(({ text }) => text)).toEqual(['IMG_0003.JPG', 'another one']), 8000)
    expect((await readFile(join(host.stateFolder, 'seen'), 'utf8')).split('\n')).toEqual(expect.arrayContaining(['/DCIM/IMG_0001.JPG', '/DCIM/IMG_0002.JPG', '/DCIM/IMG_0003.JPG']))
  }, 20_000)

  it('knows every picture of a full card again, however many', async () => {
    for (let n = 1000; n < 1400; n += 1) await writeFile(join(folder, 'card', 'DCIM', `RIGHT_EYE_${n}.JPG`), `picture ${n}`)
    link = await openCamera(options(), host)
    await link[Symbol.asyncDispose]()
    await shoot('RIGHT_EYE_1399.JPG', 'another one')
    link = await openCamera(options(), host)
    await vi.waitFor(() => expect(taken.map(({ text }) => text)).toEqual(['another one']), 8000)
  }, 20_000)

  it('says that such a camera can not be released from here', async () => {
    link = await openCamera(options(), host)
    expect(await link.command!({ name: 'capture', values: {}, by: 'U-1' })).toMatchObject({ ok: false, error: { code: 'camera-can-not-release' } })
  })

  it('says when no camera is there, and can be tested', async () => {
    expect(await ptp.probe(options(), host)).toMatchObject({ ok: true })
    expect(await ptp.probe(options({ camera: undefined, port: 'usb:' }), host)).toMatchObject({ ok: false, problem: { code: 'device-gone' } })
    await expect(openCamera(options({ camera: undefined, port: 'usb:' }), host)).rejects.toMatchObject({ problem: { code: 'device-gone' } })
  }, 20_000)
})

/** Debian has no virtual PTP camera: this stand-in answers gphoto2's shell as a recorded session with a camera that tells events and can be released. */
const STAND_IN = `#!/bin/sh
n=0
prompt() { printf 'gphoto2: {%s} /> ' "$PWD"; }
prompt
while read -r line; do
  printf '%s\\n' "$line"
  case $line in
    ls) [ -e "$PWD/../hang" ] && sleep 60
      [ -e "$PWD/../dies" ] && exit 1
      files=$([ -e "$PWD/../card" ] && cat "$PWD/../card"; [ "$n" = 0 ] || echo "IMG_$n.JPG")
      if [ -e "$PWD/../busy" ]; then echo "*** Error (-110: 'I/O in progress') ***"; else echo 0; printf '%s' "$files" | grep -c .; echo "$files"; fi ;;
    'wait-event '*) echo 'UNKNOWN PTP Property d1d3 changed'
      if [ -e "$PWD/../added" ]; then rm "$PWD/../added"; echo "FILEADDED IMG_$n.JPG /"; fi ;;
    'show-info '*) for name in \${line#show-info }; do printf "Information on file '%s' (folder '/'):\\nFile:\\n  Size:        %s byte(s)\\n  Time:        Tue Jan  1 00:00:05 1980\\n" "$name" "$(cat "$PWD/../size" || echo 7)"; done ;;
    capture-image) [ -e "$PWD/../again" ] && n=0
      n=$((n + 1)); echo "/IMG_$n.JPG" ;;
    get*) printf 'picture' > "\${line#get }"; echo "Saving file as \${line#get }" ;;
    die) exit 1 ;;
  esac
  prompt
done
`

describe('a camera that can be released (a stand-in for gphoto2\'s shell)', () => {
  let program: string
  beforeEach(async () => {
    program = join(folder, 'gphoto2')
    await writeFile(program, STAND_IN)
    await chmod(program, 0o755)
  })

  it('takes a picture when told to, and it comes', async () => {
    link = await openCamera(options(), host, program)
    expect(await link.command!({ name: 'capture', values: {}, by: 'U-1' })).toMatchObject({ ok: true })
    await vi.waitFor(() => expect(taken).toMatchObject([{ name: 'IMG_1.JPG', text: 'picture' }]), 5000)
    await vi.waitFor(() => expect(link!.session!()).toMatchObject({ taken: 1, releases: true }), 5000)
  })

  it('gives the first picture on an empty card to the visit that it was released for, whatever the camera\'s clock says', async () => {
    link = await openCamera(options(), host, program)
    await link.command!({ name: 'capture', values: {}, by: 'U-1' })
    await vi.waitFor(() => expect(taken).toMatchObject([{ name: 'IMG_1.JPG', visitId, takenAt: undefined }]), 5000)
  })

  it('brings a picture that it was released for under the number of one that was deleted on it', async () => {
    const beside = join(folder, 'spool', 'ptp', 'camera')
    link = await openCamera(options(), host, program)
    await link.command!({ name: 'capture', values: {}, by: 'U-1' })
    await vi.waitFor(() => expect(taken).toHaveLength(1), 5000)
    for (const [name, text] of [['size', '8'], ['again', '']] as const) await writeFile(join(beside, name), text)
    await link.command!({ name: 'capture', values: {}, by: 'U-1' })
    await vi.waitFor(() => expect(taken.slice(1)).toMatchObject([{ name: 'IMG_1.JPG', visitId, takenAt: undefined }]), 5000)
  })

  it('is asked again about a name that it says it gave anew: a picture was deleted on it and the next one got its number', async () => {
    link = await openCamera(options(), host, program)
    await link.command!({ name: 'capture', values: {}, by: 'U-1' })
    await vi.waitFor(() => expect(taken).toHaveLength(1), 5000)
    const beside = join(folder, 'spool', 'ptp', 'camera')
    await writeFile(join(beside, 'size'), '8')
    await writeFile(join(beside, 'added'), '')
    await vi.waitFor(() => expect(taken.map(({ name }) => name)).toEqual(['IMG_1.JPG', 'IMG_1.JPG']), 5000)
  })

  it('that stops answering is let go, with what to do', async () => {
    link = await openCamera(options({ answerSeconds: 1 }), host, program)
    await writeFile(join(folder, 'spool', 'ptp', 'camera', 'hang'), '')
    expect(await link.closed).toMatchObject({ problem: { code: 'camera-silent' } })
  })

  it.each([['goes', 'dies'], ['is busy', 'busy']])('that %s while it is looked at for the first time is looked at again, and what was on it stays there', async (_what, flag) => {
    const beside = join(folder, 'spool', 'ptp', 'camera')
    await mkdir(beside, { recursive: true })
    await writeFile(join(beside, flag), '')
    await expect(openCamera(options(), host, program)).rejects.toMatchObject({ problem: { code: expect.stringMatching(/^(device-gone|camera-silent)$/) as string } })
    await rename(join(beside, flag), join(beside, 'card'))
    await writeFile(join(beside, 'card'), 'IMG_0007.JPG\n')
    link = await openCamera(options(), host, program)
    await link.command!({ name: 'capture', values: {}, by: 'U-1' })
    await vi.waitFor(() => expect(taken.length).toBeGreaterThan(0), 5000)
    expect(taken.map(({ name }) => name)).toEqual(['IMG_1.JPG'])
  })

  it('says which program is missing', async () => {
    await expect(openCamera(options(), host, '/nowhere/gphoto2')).rejects.toMatchObject({ problem: { code: 'program-missing' } })
  })
})

describe('what gphoto2 says', () => {
  it('is told apart into folders, files and errors', () => {
    expect(parseListing('1\n100CANON\n3\nIMG_1.JPG\nIMG_2.JPG\nMVI_3.MOV\n')).toEqual({ folders: ['100CANON'], files: ['IMG_1.JPG', 'IMG_2.JPG', 'MVI_3.MOV'] })
    expect(parseListing('0\n2\nPXL_20260301_101112345.jpg\n20260301_101112(0).jpg\n').files).toEqual(['PXL_20260301_101112345.jpg', '20260301_101112(0).jpg'])
    expect(parseListing('0\n0\n')).toEqual({ folders: [], files: [] })
    expect(parseListing("1\n100CANON\n*** Error (-110: 'I/O in progress') ***\n")).toEqual({ folders: ['100CANON'], files: [] })
    expect(parseListing('3\na"b\n..\nMy Pictures\n1\nIMG 1.JPG\n')).toEqual({ folders: [], files: [] })
    expect(takenAtIn('File:\n  Size:        3 byte(s)\n  Time:        Sun Mar  1 14:30:05 2026\nThumbnail:\n', 1000)).toBe(new Date(2026, 2, 1, 14, 30, 6).toISOString())
    expect([takenAtIn('File:\n  Time:        unknown\n', 0), takenAtIn("*** Error (-6: 'Unsupported operation') ***", 0)]).toEqual([undefined, undefined])
    const info = (name: string, time: string) => `Information on file '${name}' (folder '/DCIM'):\nFile:\n  Size:        3 byte(s)\n${time}Thumbnail:\n  Size:        9 byte(s)\n`
    expect([...identitiesIn(info('A.JPG', '  Time:        Sun Mar  1 14:30:05 2026\n') + info('B.JPG', '') + info('C.JPG', '  Time:        unknown\n'))]).toEqual([
      ['A.JPG', { bytes: 3, shownSeconds: Date.UTC(2026, 2, 1, 14, 30, 5) / 1000 }], ['B.JPG', { bytes: 3 }], ['C.JPG', { bytes: 3 }]
    ])
    expect([...identitiesIn("Information on file 'A.JPG' (folder '/'):\nFile:\n  None available.\n")]).toEqual([['A.JPG', undefined]])
    expect(addedIn('UNKNOWN x\nFILEADDED IMG_1.JPG /store_00010001/DCIM\nFILEADDED IMG_2.JPG /\n')).toEqual(['/store_00010001/DCIM/IMG_1.JPG', '/IMG_2.JPG'])
    expect(errorIn("*** Error (-6: 'Unsupported operation') ***")).toBe(-6)
    expect(errorIn('Saving file as IMG_1.JPG')).toBeUndefined()
  })


  it('is asked for of many pictures at a time, and one that it can not tell about is left out', async () => {
    const asked: string[] = []
    const run = (command: string): Promise<string> => {
      asked.push(command)
      const [verb, ...names] = command.split(' ')
      const upTo = names.includes('BAD.JPG') ? names.indexOf('BAD.JPG') : names.length
      return Promise.resolve(verb === 'cd' ? '' : `${names.slice(0, upTo).map((name) => `Information on file '${name}' (folder '/a'):\nFile:\n  Size: 3 byte(s)\n`).join('')}${upTo < names.length ? "*** Error (-2: 'x') ***" : ''}`)
    }
    const paths = ['/A.JPG', ...Array.from({ length: 60 }, (_, n) => `/a/IMG_${1000 + n}_RIGHT_EYE.JPG`), '/a/BAD.JPG', '/a/Z.JPG', '/a/BAD.JPG']
    const told = await askIdentities({ run }, paths)
    expect(paths.filter((path) => !told.has(path))).toEqual(['/a/BAD.JPG', '/a/BAD.JPG'])
    expect([told.size, asked.filter((line) => line.length > 820), asked.length]).toEqual([62, [], 6])
  })

  it('tells a picture from another of its name by size and time, whatever time zone the clock of this computer is set to', () => {
    const one = { bytes: 3, shownSeconds: 1_000_000 }
    expect([one, { ...one, shownSeconds: 1_000_000 + 3 * 3600 }, { bytes: 3 }].map((each) => isSamePicture(one, each))).toEqual([true, true, true])
    expect([{ ...one, bytes: 4 }, { ...one, shownSeconds: 1_000_001 }, { ...one, shownSeconds: 1_000_000 + 48 * 3600 }].map((each) => isSamePicture(one, each))).toEqual([false, false, false])
  })
})
