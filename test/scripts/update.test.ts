import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../flows/peers.js'

const run = promisify(execFile)
const repository = resolve(import.meta.dirname, '../..')

describeWith(['rauc', 'mksquashfs', 'debugfs'], 'a signed update of the system', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)
  const newSigner = (name: string, usage = 'codeSigning') => run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', 'keyUsage=digitalSignature', '-addext', `extendedKeyUsage=${usage}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)])
  const make = (signer: string, out: string, ...more: string[]) => run(join(repository, 'scripts/flash/x86/make-update.sh'),
    ['--root', at('root.ext4'), '--version', '1.2.3', '--key', at(`${signer}.key`), '--cert', at(`${signer}.crt`), '--out', at(out), ...more], { cwd: repository })
  /** Verified as a box does: its own system.conf, its keyring. */
  const info = async (bundle: string, keyring: string): Promise<{ ok: boolean; text: string }> => {
    const conf = at('system.conf')
    const text = await readFile(join(repository, 'appliance/rauc/system.conf'), 'utf8')
    await writeFile(conf, text.replace(/^(statusfile|activate-installed|grubenv|post-install).*\n/gm, '').replace('path=/etc/rauc/keyring.pem', `path=${at(`${keyring}.crt`)}`).replace('bootloader=grub', 'bootloader=noop'))
    return run('rauc', [`--conf=${conf}`, 'info', at(bundle)]).then(({ stdout }) => ({ ok: true, text: stdout }), (error: { stderr: string }) => ({ ok: false, text: error.stderr }))
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-update-'))
    await run('truncate', ['-s', '16M', at('root.ext4')])
    await mkdir(at('content'))
    await writeFile(at('content/service'), randomBytes(200_000))
    await run('/sbin/mke2fs', ['-q', '-t', 'ext4', '-d', at('content'), at('root.ext4')])
    await Promise.all([newSigner('programme'), newSigner('stranger'), newSigner('webserver', 'serverAuth')])
    await make('programme', 'update.raucb')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is for these boxes, and taken from the programme alone', async () => {
    const { ok, text } = await info('update.raucb', 'programme')
    expect([ok, text]).toEqual([true, expect.stringMatching(/Compatible:\s+'screenpost-x86'[^]*Version:\s+'1\.2\.3'/)])
    expect(await info('update.raucb', 'stranger')).toMatchObject({ ok: false, text: expect.stringContaining('signature verification failed') as string })
  })

  it('is not taken when it was cut short', async () => {
    await make('programme', 'short.raucb')
    const file = await open(at('short.raucb'), 'r+')
    await file.truncate((await stat(at('short.raucb'))).size - 4096)
    await file.close()
    expect((await info('short.raucb', 'programme')).ok).toBe(false)
  })

  it('is not taken from a certificate that was made for something else', async () => {
    await make('webserver', 'web.raucb')
    expect(await info('web.raucb', 'webserver')).toMatchObject({ ok: false, text: expect.stringContaining('unsuitable certificate purpose') as string })
  })
})
