import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from './root.js'

const run = promisify(execFile)

/** Boot loader, RAUC and systemd as they answer; the script and its question to the service are the box's own. */
describe('after a start', () => {
  let root: string
  const at = (path: string): string => join(root, path)
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(at(path)), { recursive: true })
    await writeFile(at(path), text)
    await chmod(at(path), 0o755)
  }
  const calls = async (): Promise<string[]> => (await readFile(at('calls'), 'utf8').catch(() => '')).trim().split('\n')
  const health = (healthy: boolean) => run(join(repository, 'appliance/libexec/health'), { env: { PATH: `${at('bin')}:${process.env['PATH']}`, SCREENPOST_ROOT: root, HEALTHY: healthy ? '0' : '1', CALLS: at('calls') } }).then(
    ({ stdout }) => ({ kept: true, text: stdout }), (error: { stdout: string }) => ({ kept: false, text: error.stdout }))

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-health-'))
    await put('efi/screenpost.conf', 'HEALTH_LIMIT_S=0\n')
    await put('bin/rauc', '#!/bin/sh\necho "rauc $*" >> "$CALLS"\n')
    await put('bin/systemctl', '#!/bin/sh\ncase "$*" in *is-*) exit "$HEALTHY" ;; *) echo "systemctl $*" >> "$CALLS" ;; esac\n')
    await put('bin/node', '#!/bin/sh\nexit "$HEALTHY"\n')
    await put('bin/grub-editenv', '#!/bin/sh\nfile=$1; shift; if [ "$1" = list ]; then cat "$file"; else shift; for each in "$@"; do sed -i "/^${each%%=*}=/d" "$file"; echo "$each" >> "$file"; done; fi\n')
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const miniPc = async (environment: string): Promise<void> => {
    await put('proc/cmdline', 'quiet rauc.slot=B\n')
    await put('efi/grub/grubenv', environment)
  }
  const jetson = async (): Promise<void> => {
    await put('proc/cmdline', 'root=PARTLABEL=APP_b\n')
    await put('bin/nvbootctrl', '#!/bin/sh\ncase "$*" in *get-current-slot) echo 1 ;; *) exit 0 ;; esac\n')
    await put('usr/lib/screenpost/release', 'VERSION=2\nBUILD_EPOCH=7\n')
    await mkdir(at('data/system'), { recursive: true })
    await copyFile(join(repository, 'appliance/libexec/nvboot-slot'), at('usr/lib/screenpost/nvboot-slot'))
  }

  it('keeps a new version that is healthy, once', async () => {
    await miniPc('A_OK=1\nB_PROVEN=0\nB_STARTS=x\n')
    expect(await health(true)).toMatchObject({ kept: true })
    expect(await health(true)).toMatchObject({ kept: true })
    expect(await calls()).toEqual(['rauc status mark-good booted'])
    expect(await readFile(at('efi/grub/grubenv'), 'utf8')).toContain('B_PROVEN=1')
  })

  it('goes back when the time is over, however long each question takes', async () => {
    await miniPc('A_OK=1\nB_PROVEN=0\nB_STARTS=x\n')
    await put('efi/screenpost.conf', 'HEALTH_LIMIT_S=4\n')
    await put('bin/systemctl', '#!/bin/sh\necho "$*" >> "$CALLS"\ncase "$*" in *is-active*) sleep 3; exit 1 ;; *is-failed*) exit 1 ;; esac\n')
    expect(await health(false)).toMatchObject({ kept: false })
    // Three seconds the first question, three of pause: the second is the last.
    expect((await calls()).filter((each) => each.includes('is-active'))).toHaveLength(2)
    expect(await calls()).toContain('--no-block reboot')
  }, 60_000)

  it('goes back from a new version that is not, and stays with one that was', async () => {
    await miniPc('A_OK=1\nB_PROVEN=0\nB_STARTS=x\n')
    expect(await health(false)).toMatchObject({ kept: false, text: expect.stringContaining('the one before (A) is started again') as string })
    expect(await calls()).toEqual(['rauc status mark-bad booted', 'systemctl --no-block reboot'])
    await rm(at('calls'))
    await miniPc('A_OK=1\nB_PROVEN=1\nB_STARTS=\n')
    expect(await health(false)).toMatchObject({ kept: false, text: expect.stringContaining('no better version') as string })
    expect(await calls()).toEqual([''])
  })

  it('does both on a Jetson too, for each version anew', async () => {
    await jetson()
    expect(await health(false)).toMatchObject({ kept: false, text: expect.stringContaining('(A) is started again') as string })
    expect(await calls()).toEqual(['rauc status mark-bad booted', 'systemctl --no-block reboot'])
    await rm(at('calls'))
    expect([await health(true), await health(true)]).toMatchObject([{ kept: true }, { kept: true }])
    expect(await calls()).toEqual(['rauc status mark-good booted'])
    expect((await health(false)).text).toContain('no better version')
    await put('usr/lib/screenpost/release', 'VERSION=3\nBUILD_EPOCH=9\n')
    expect((await health(false)).text).toContain('is started again')
  })
})

describe('the question to the service', () => {
  it.each([
    [{ ok: true }, 200, 0], [{ ok: false }, 503, 1], [{ ok: false }, 200, 1], [{}, 200, 1]
  ])('%j with HTTP %i is answered by %i', async (body, status, expected) => {
    const server = createServer((_, response) => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)) })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const code = await run(process.execPath, [join(repository, 'appliance/libexec/healthy.mjs'), `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`]).then(() => 0, (error: { code: number }) => error.code)
    await new Promise((resolve) => server.close(resolve))
    expect(code).toBe(expected)
  })
})
