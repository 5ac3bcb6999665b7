import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeBackupCredentials } from '../../src/provisioning/backup-credentials.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
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

const [ACCESS, SECRET] = ['CLINICKEY', 'aSecretOfTheCentre/with+signs=']

/** In no Debian package: this suite is run where somebody has built it, and says so elsewhere, in CI too. */
const SERVER = 'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0'
const suite: typeof describeWith = peerPath('versitygw') ? describeWith : (_peers, name, body) => { describe.skip(`${name} (needs versitygw on the PATH: ${SERVER})`, body) }

suite(['restic', 'age-keygen', 'versitygw'], 'a backup to an S3 server (Versity gateway)', () => {
  let folder: string
  let data: string
  let site: string
  let address: string
  let server: ChildProcess
  /** As systemd's EnvironmentFile gives them to the job. */
  const withCredentials = ['sh', '-c', 'set -a; . "$0"; exec "$@"']
  const screenpost = (args: readonly string[], credentials: string | undefined = join(folder, 'state', 'backup.env')) => {
    const command = [...(credentials === undefined ? [] : [...withCredentials, credentials]), process.execPath, bin, ...args]
    return run(command[0]!, command.slice(1), { timeout: 120_000 }).then(({ stdout }) => ({ status: 0, said: stdout }), (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, said: error.stdout + error.stderr }))
  }
  const backup = (credentials?: string) => screenpost(['backup', '--data', data, '--config', site], credentials)

  beforeAll(async () => {
    folder = await temporaryData()
    data = join(folder, 'data')
    site = join(folder, 'site.json')
    const port = await freePort()
    address = `http://127.0.0.1:${port}/clinic-copies`
    for (const name of ['data', 'start', 'state', 'bucket/clinic-copies']) await mkdir(join(folder, name), { recursive: true })
    {
      await using store = await StudyStore.open({ root: data, clock: fixedClock(), log: silentLog, reserveBytes: 0 })
      for (let n = 0; n < 3; n++) await store.create(await newStudy(data))
    }
    await run('age-keygen', ['-o', join(folder, 'identity')])
    const recipient = (await run('age-keygen', ['-y', join(folder, 'identity')])).stdout.trim()
    await writeFile(site, JSON.stringify({ backup: { repository: `s3:${address}`, recipients: [recipient] } }))
    await writeFile(join(folder, 'start', 'backup.env'), `AWS_ACCESS_KEY_ID=${ACCESS}\nAWS_SECRET_ACCESS_KEY=${SECRET}\n`)
    expect(await takeBackupCredentials(join(folder, 'start'), join(folder, 'state'))).toEqual([])
    server = spawn(peerPath('versitygw')!, ['--port', `127.0.0.1:${port}`, '--access', ACCESS, '--secret', SECRET, 'posix', '--sidecar', join(folder, 'sidecar'), join(folder, 'bucket')], { stdio: 'ignore' })
    await mkdir(join(folder, 'sidecar'), { recursive: true })
    await waitFor(() => fetch(address).then(() => true, () => undefined), { timeoutMs: 15_000, hint: () => 'versitygw does not start' })
  }, 60_000)
  afterAll(async () => {
    server?.kill('SIGTERM')
    await removeData({ data: folder })
  })

  it('is refused without credentials, and with a wrong one', { timeout: 300_000 }, async () => {
    const wrong = join(folder, 'wrong.env')
    await writeFile(wrong, `AWS_ACCESS_KEY_ID='${ACCESS}'\nAWS_SECRET_ACCESS_KEY='another'\n`)
    const refused = await backup(wrong)
    expect(refused.status).toBe(1)
    expect(refused.said).toMatch(/restic .*(signature|denied|forbidden)/i)
    expect(refused.said).not.toContain('another')
  })

  it('is made, is whole, and a second one adds nothing', { timeout: 400_000 }, async () => {
    expect(await backup()).toMatchObject({ status: 0 })
    expect((await backup()).said).toMatch(/ 0\.\d MB new/)
    const password = await readFile(join(data, 'backup', 'key'), 'utf8')
    const checked = await run('restic', ['--no-cache', '--repo', `s3:${address}`, 'check', '--read-data'], { env: { ...process.env, AWS_ACCESS_KEY_ID: ACCESS, AWS_SECRET_ACCESS_KEY: SECRET, RESTIC_PASSWORD: password.trim() }, timeout: 120_000 })
    expect(checked.stdout).toContain('no errors were found')
  })

  it('is restored by the drill, and onto a new device with the centre\u2019s identity', { timeout: 400_000 }, async () => {
    expect(await screenpost(['restore', '--drill', '--data', data, '--config', site])).toMatchObject({ status: 0, said: expect.stringMatching(/drill: would restore 3 studies, .*all agree/) as string })
    await cp(join(data, 'backup', 'key.age'), join(folder, 'key.age'))
    const fresh = join(folder, 'new-device')
    await mkdir(fresh)
    expect(await screenpost(['restore', '--data', fresh, '--from', `s3:${address}`, '--identity', join(folder, 'identity'), '--key', join(folder, 'key.age')])).toMatchObject({ status: 0, said: expect.stringContaining('3 studies') as string })
    await using store = await StudyStore.open({ root: fresh, clock: fixedClock(), log: silentLog, reserveBytes: 0 })
    expect(store.counts().total).toBe(3)
  })
})
