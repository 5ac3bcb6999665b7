import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sshAdvice } from '../../src/operations/backup/ssh-way.js'
import { StudyStore } from '../../src/store/study-store.js'
import { silentLog } from '../../src/platform/log.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { newStudy } from '../store/studies.js'
import { bin, removeData, run, temporaryData, waitFor } from './appliance.js'
import { describeWith, peerPath } from './peers.js'

const freePort = (): Promise<number> => new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address() as AddressInfo
    probe.close(() => resolve(port))
  })
})

describeWith(['restic', 'age-keygen', 'sshd', 'ssh'], 'a backup over SFTP to a real sshd', () => {
  let folder: string
  let data: string
  let site: string
  let server: ChildProcess
  const screenpost = (...args: string[]) => run(process.execPath, [bin, ...args], { timeout: 120_000 }).then(({ stdout }) => ({ status: 0, said: stdout }), (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, said: error.stdout + error.stderr }))
  const backup = () => screenpost('backup', '--data', data, '--config', site)

  beforeAll(async () => {
    folder = await temporaryData()
    data = join(folder, 'data')
    site = join(folder, 'site.json')
    const port = await freePort()
    await mkdir(data)
    {
      await using store = await StudyStore.open({ root: data, clock: fixedClock(), log: silentLog, reserveBytes: 0 })
      for (let n = 0; n < 3; n++) await store.create(await newStudy(data))
    }
    for (const name of ['host', 'stranger']) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
    await run('age-keygen', ['-o', join(folder, 'identity')])
    const recipient = (await run('age-keygen', ['-y', join(folder, 'identity')])).stdout.trim()
    await writeFile(site, JSON.stringify({ backup: { repository: `sftp://${process.env['USER'] ?? 'root'}@127.0.0.1:${port}/${join(folder, 'copies')}`, recipients: [recipient] } }))
    await writeFile(join(folder, 'sshd_config'), [
      `Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(folder, 'host')}`, `AuthorizedKeysFile ${join(folder, 'authorized')}`, `PidFile ${join(folder, 'sshd.pid')}`,
      'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'UsePAM no', 'StrictModes no', 'PermitRootLogin yes', 'Subsystem sftp internal-sftp'
    ].join('\n'))
    await mkdir('/run/sshd', { recursive: true })
    server = spawn(peerPath('sshd')!, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' })
    await waitFor(() => readFile(join(folder, 'sshd.pid'), 'utf8').catch(() => undefined), { timeoutMs: 10_000, hint: () => 'sshd does not start' })
  }, 60_000)
  afterAll(async () => {
    server?.kill('SIGTERM')
    await removeData({ data: folder })
  })

  it('is refused in words until the centre knows the key that this box made for it', { timeout: 200_000 }, async () => {
    const refused = await backup()
    expect(refused).toMatchObject({ status: 1, said: expect.stringContaining(join(data, 'backup/ssh/id_ed25519.pub')) as string })
    await writeFile(join(folder, 'authorized'), await readFile(join(data, 'backup/ssh/id_ed25519.pub')))
    await chmod(join(folder, 'authorized'), 0o600)
  })

  it('is made, the drill restores it, and a second one adds nothing', { timeout: 400_000 }, async () => {
    expect(await backup()).toMatchObject({ status: 0 })
    expect((await backup()).said).toMatch(/ 0\.\d MB new/)
    expect(await screenpost('restore', '--drill', '--data', data, '--config', site)).toMatchObject({ status: 0, said: expect.stringMatching(/drill: would restore 3 studies, .*all agree/) as string })
  })

  it('is not given to a server that came in the place of the first', { timeout: 200_000 }, async () => {
    const known = join(data, 'backup/ssh/known_hosts')
    const [address] = (await readFile(known, 'utf8')).split(' ')
    await writeFile(known, `${address} ${(await readFile(join(folder, 'stranger.pub'), 'utf8')).split(' ').slice(0, 2).join(' ')}\n`)
    expect(await backup()).toMatchObject({ status: 1, said: expect.stringContaining('known_hosts') as string })
    // Where restic was quicker than ssh.
    const { backup: { repository } } = JSON.parse(await readFile(site, 'utf8')) as { backup: { repository: string } }
    expect(await sshAdvice('unable to start the sftp session, error: EOF', repository, { folder: join(data, 'backup/ssh') })).toContain('known_hosts')
  })
})
