import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../flows/peers.js'
import { Machine, makeDisk } from './machine.js'

const run = promisify(execFile)
const image = process.env['SCREENPOST_IMAGE']
const HOUR_MS = 3_600_000
const MIB = 1024 * 1024
type Luks = { readonly tokens: Record<string, { readonly type: string }>; readonly keyslots: Record<string, unknown>; readonly digests: unknown }

const boxWithChip = (): void => {
  let folder: string
  let disk: string
  let machine: Machine | undefined
  let identity: string | undefined
  const on = async (chip: string): Promise<Machine> => { machine = await Machine.start(folder, disk, { chip: join(folder, chip) }); return machine }
  /** What the page answers once there is one: the service's own, or the one that says why nothing starts. */
  const page = async ({ ports }: Machine): Promise<{ status: number; text: string }> => {
    for (const end = Date.now() + HOUR_MS; Date.now() < end;) {
      const answer = await fetch(`http://127.0.0.1:${ports.http}/healthz`, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined)
      // The service answers 503 as JSON while it is not ready.
      if (answer && (answer.ok || answer.headers.get('content-type')?.startsWith('text/html'))) return { status: answer.status, text: await answer.text() }
      await new Promise((next) => setTimeout(next, 3000))
    }
    throw new Error(`no page within an hour\n${(await machine!.console()).slice(-2000)}`)
  }

  /** What LUKS keeps before the data. */
  const header = async (): Promise<Luks> => {
    const [, start] = /^\s*(\d+) screenpost-data$/m.exec((await run('partx', ['-g', '-o', 'START,NAME', disk])).stdout)!
    const copy = join(folder, 'header.img')
    await run('dd', [`if=${disk}`, `of=${copy}`, 'bs=1M', `skip=${(Number(start) * 512) / MIB}`, 'count=16', 'status=none'])
    const { stdout } = await run('cryptsetup', ['luksDump', '--dump-json-metadata', copy], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } })
    return JSON.parse(stdout) as Luks
  }
  /** The box says who it is on its own screen. */
  const boxId = async (box: Machine): Promise<string | undefined> => /box ([0-9a-f]{10}) is set up/.exec(await box.console())?.[1]

  beforeAll(async () => {
    folder = await mkdtemp(join(process.env['SCREENPOST_IMAGE_WORK'] ?? tmpdir(), 'screenpost-chip-'))
    disk = await makeDisk(folder, image!, { 'label-code': '73920418\n', 'screenpost.conf': 'ENCRYPTION=tpm\n' })
  })
  afterAll(async () => {
    if (machine?.isRunning) await machine.pullPlug()
    await rm(folder, { recursive: true, force: true })
  })

  it('makes an encrypted data partition that its chip opens, with no other key', async () => {
    expect(await page(await on('own'))).toMatchObject({ status: 200 })
    identity = await boxId(machine!)
    expect(identity).toBeDefined()
    await machine!.pressPower()
    const { tokens, keyslots } = await header()
    expect(Object.values(tokens).map(({ type }) => type)).toEqual(['systemd-tpm2'])
    expect(Object.keys(keyslots)).toHaveLength(1)
  }, 2 * HOUR_MS)

  it('starts again by itself, with its own chip', async () => {
    expect(await page(await on('own'))).toMatchObject({ status: 200 })
    expect(await boxId(machine!)).toBe(identity)
    await machine!.pullPlug()
  }, 2 * HOUR_MS)

  it('is another box after a factory reset: other keys, another identity', async () => {
    const { digests } = await header()
    await writeFile(join(folder, 'factory-reset'), '1\n')
    await run('mcopy', ['-o', '-i', `${disk}@@1M`, join(folder, 'factory-reset'), '::factory-reset'])
    expect(await page(await on('own'))).toMatchObject({ status: 200 })
    expect(await boxId(machine!)).not.toBe(identity)
    await machine!.pressPower()
    expect((await header()).digests).not.toEqual(digests)
    expect((await run('mdir', ['-b', '-i', `${disk}@@1M`, '::/'])).stdout).not.toContain('factory-reset')
  }, 2 * HOUR_MS)

  it('says why nothing starts when the disk stands in another box, and can not be read there', async () => {
    await mkdir(join(folder, 'other'))
    expect(await page(await on('other'))).toMatchObject({ status: 503, text: expect.stringContaining('does not open the data partition') as string })
    await machine!.pullPlug()
  }, 2 * HOUR_MS)
}

if (image) describeWith(['swtpm', 'cryptsetup'], 'a box with a TPM, made from the image', boxWithChip)
else it.skip('a box with a TPM, made from the image (skipped: .ci/image makes one)', () => undefined)
