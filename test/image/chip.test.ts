import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
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

const boxWithChip = (): void => {
  let folder: string
  let disk: string
  let machine: Machine | undefined
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
    await machine!.pressPower()
    const [, start] = /^\s*(\d+) screenpost-data$/m.exec((await run('partx', ['-g', '-o', 'START,NAME', disk])).stdout)!
    const header = join(folder, 'header.img')
    await run('dd', [`if=${disk}`, `of=${header}`, 'bs=1M', `skip=${(Number(start) * 512) / MIB}`, 'count=16', 'status=none'])
    const { stdout } = await run('cryptsetup', ['luksDump', '--dump-json-metadata', header], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } })
    const { tokens, keyslots } = JSON.parse(stdout) as { tokens: Record<string, { type: string }>; keyslots: Record<string, unknown> }
    expect(Object.values(tokens).map(({ type }) => type)).toEqual(['systemd-tpm2'])
    expect(Object.keys(keyslots)).toHaveLength(1)
  }, 2 * HOUR_MS)

  it('starts again by itself, with its own chip', async () => {
    expect(await page(await on('own'))).toMatchObject({ status: 200 })
    await machine!.pullPlug()
  }, 2 * HOUR_MS)

  it('says why nothing starts when the disk stands in another box, and can not be read there', async () => {
    await mkdir(join(folder, 'other'))
    expect(await page(await on('other'))).toMatchObject({ status: 503, text: expect.stringContaining('does not open the data partition') as string })
    await machine!.pullPlug()
  }, 2 * HOUR_MS)
}

if (image) describeWith(['swtpm', 'cryptsetup'], 'a box with a TPM, made from the image', boxWithChip)
else it.skip('a box with a TPM, made from the image (skipped: .ci/image makes one)', () => undefined)
