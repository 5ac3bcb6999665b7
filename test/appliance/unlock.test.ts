import { execFile, execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitFor } from '../flows/appliance.js'
import { describeWith } from '../flows/peers.js'
import { repository } from './root.js'

const run = promisify(execFile)
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`
const libexec = (name: string): string => join(repository, 'appliance/libexec', name)

/** The page of the box on a free port, without the pause after each try. */
async function startPage(folder: string): Promise<{ page: ChildProcess; url: string }> {
  const page = spawn(process.execPath, [libexec('unlock-page.mjs'), folder, '0'], { env: { ...process.env, SCREENPOST_PAUSE_MS: '0' } })
  let output = ''
  page.stdout.on('data', (bytes: Buffer) => { output += bytes.toString() })
  const [, port] = await waitFor(() => /on port (\d+)/.exec(output) ?? undefined, { timeoutMs: 20_000, hint: () => output })
  return { page, url: `http://127.0.0.1:${port}` }
}
const post = (url: string, fields: Record<string, string>) => fetch(`${url}/unlock`, { method: 'POST', body: new URLSearchParams(fields) })

describe('the page that asks for the passphrase', () => {
  let folder: string
  let page: ChildProcess
  let url: string
  const given = (): Promise<string> => readFile(join(folder, 'passphrase'), 'utf8').catch(() => '')
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-unlock-'))
    await writeFile(join(folder, 'label-code'), '73920418')
    await writeFile(join(folder, 'state'), 'choose\n');
    ({ page, url } = await startPage(folder))
  })
  afterEach(async () => { page.kill(); await rm(folder, { recursive: true, force: true }) })

  it('takes a new one only from who holds the label, long enough and typed twice', async () => {
    const good = { code: '7392 0418', passphrase: 'mango tree 27', again: 'mango tree 27' }
    for (const wrong of [{ code: '00000000' }, { passphrase: 'short', again: 'short' }, { again: 'mango tree 28' }]) expect((await post(url, { ...good, ...wrong })).status).toBe(422)
    expect(await given()).toBe('')
    const answer = await post(url, good)
    expect([answer.status, (await answer.text()).includes('mango')]).toEqual([200, false])
    expect(await given()).toBe('mango tree 27')
    expect((await stat(join(folder, 'passphrase'))).mode & 0o777).toBe(0o600)
  })

  it('asks for the one there is, says when it was wrong, in the tablet\'s language, wherever the tablet looks', async () => {
    await writeFile(join(folder, 'state'), 'wrong\n')
    const answer = await fetch(`${url}/generate_204`, { headers: { 'accept-language': 'sw-KE,en' } })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringMatching(/lang="sw"[^]*Haikufungua[^]*name="passphrase"/)])
    expect((await post(url, { passphrase: 'x'.repeat(5000) })).status).toBe(422)
    await post(url, { passphrase: 'sésame ✓' })
    expect(await given()).toBe('sésame ✓')
  })
})

/** Programs that would change partitions, mounts and networks of this machine. */
const STAND_INS: Readonly<Record<string, string>> = { blkdiscard: '', partx: '', udevadm: '', resize2fs: '', e2fsck: '', mount: '', mountpoint: 'exit 1', install: 'for last; do :; done; mkdir -p "$last"', modprobe: '' }

describeWith(['cryptsetup', 'blkid'], 'a box whose data opens with a passphrase', () => {
  let root: string
  const at = (path: string): string => join(root, path)
  const program = async (path: string, body: string): Promise<void> => {
    await writeFile(at(path), `#!/bin/sh\n${body}\n`)
    await chmod(at(path), 0o755)
  }
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-locked-'))
    for (const folder of ['bin', 'efi', 'run', 'dev/mapper', 'dev/disk/by-partlabel', 'sys/class/block', 'sys/devices/sda/sda2', 'sys/devices/sda/sda4', 'usr/lib/systemd', 'usr/lib/screenpost']) await mkdir(at(folder), { recursive: true })
    for (const name of ['sda2', 'sda4']) await symlink(`../../devices/sda/${name}`, at(`sys/class/block/${name}`))
    await writeFile(at('dev/sda2'), '')
    await symlink('../../sda2', at('dev/disk/by-partlabel/root-a'))
    await symlink('../../sda4', at('dev/disk/by-partlabel/screenpost-data'))
    await writeFile(at('efi/screenpost.conf'), 'ENCRYPTION=ask\n')
    for (const [name, body] of Object.entries(STAND_INS)) await program(`bin/${name}`, body)
    await writeFile(at('dev/sda4'), '')
    await truncate(at('dev/sda4'), 32 * 1024 * 1024)
    execFileSync('cryptsetup', ['luksFormat', '--batch-mode', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file', '-', at('dev/sda4')], { env: { PATH }, input: 'mango tree 27' })
    // As systemd-cryptsetup attaches: NAME DEVICE KEYFILE. The real cryptsetup says whether the key is right; nothing is mapped here.
    await program('usr/lib/systemd/systemd-cryptsetup', `exec cryptsetup open --test-passphrase --key-file "$4" "$3"`)
    // A person who mistypes once.
    await program('usr/lib/screenpost/unlock', `folder="${root}/run/screenpost-unlock"; echo "$*" >> "${root}/calls"
case $1 in begin) mkdir -p "$folder" ;; wrong) rm "$folder/passphrase"; : > "${root}/once" ;; end) rm -rf "$folder" ;;
wait) if [ -e "${root}/once" ]; then printf 'mango tree 27' > "$folder/passphrase"; else printf 'mango tree 26' > "$folder/passphrase"; fi ;; esac`)
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('asks until it opens, and keeps the passphrase nowhere', async () => {
    await run(libexec('open-data'), { env: { PATH: `${at('bin')}:${PATH}`, SCREENPOST_ROOT: root } })
    expect((await readFile(at('calls'), 'utf8')).trim().split('\n')).toEqual(['begin open', 'wait', 'wrong', 'wait', 'end'])
    await expect(stat(at('run/screenpost-unlock'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('opens a Jetson with the key in its fuses, and says what to do when there is none', async () => {
    await writeFile(at('efi/screenpost.conf'), 'ENCRYPTION=fused\n')
    await rm(at('dev/disk/by-partlabel/root-a'))
    await symlink('../../sda2', at('dev/disk/by-partlabel/APP'))
    const open = () => run(libexec('open-data'), { env: { PATH: `${at('bin')}:${PATH}`, SCREENPOST_ROOT: root } }).then(() => 'open', (error: { stdout: string }) => error.stdout)
    await program('bin/nvluks-srv-app', `[ "$*" = '-u -c screenpost-data' ] && printf 'mango tree 27'`)
    expect(await open()).toBe('open')
    await program('bin/nvluks-srv-app', 'exit 1')
    expect(await open()).toContain('docs/hardware.md')
  })
})
