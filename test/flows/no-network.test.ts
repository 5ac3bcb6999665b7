import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, removeData, run, startAppliance, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { chestDicom, fundusJpeg } from './pictures.js'

/** A machine of its own with a loopback and nothing else: no address, no route, no name server. */
const ALONE = ['unshare', '--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

const allowed = (() => {
  try {
    execFileSync(ALONE[0]!, [...ALONE.slice(1), 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe.skipIf(!allowed)('without any network (skipped where this kernel or user may not make a network namespace: run it as root)', () => {
  let clinic: RunningAppliance
  const fromInside = async (path: string): Promise<{ status: number; text: string }> => {
    const code = `const answer = await fetch(process.argv[1], { headers: { authorization: process.argv[2] } }); process.stdout.write(JSON.stringify({ status: answer.status, text: await answer.text() }))`
    const { stdout } = await run('nsenter', ['-t', String(clinic.child.pid), '-n', process.execPath, '--input-type=module', '-e', code, `${clinic.url}${path}`, `Bearer ${await viewer}`], { maxBuffer: 1e8 })
    return JSON.parse(stdout) as { status: number; text: string }
  }
  let viewer: Promise<string>
  beforeAll(async () => {
    clinic = await startAppliance({ within: ALONE })
    viewer = clinic.token('viewer')
  }, 60_000)
  afterAll(async () => {
    expect(await clinic.stop()).toBe(0)
    await removeData(clinic)
  })

  it('there is none', async () => {
    const { stdout } = await run('nsenter', ['-t', String(clinic.child.pid), '-n', 'ip', '-brief', 'address'])
    expect(stdout.trim()).toMatch(/^lo\s.*$/)
  })

  it('a film and a photograph get their verdicts, and the page shows them', async () => {
    await writeFile(join(clinic.data, 'inbox', 'film.dcm'), await chestDicom(3))
    await writeFile(join(clinic.data, 'inbox', 'eye.jpg'), await fundusJpeg(3))
    const states = await waitFor(async () => {
      const { studies } = JSON.parse((await fromInside('/api/v1/studies')).text) as { studies: { state: string; modality: string }[] }
      return studies.length === 2 && studies.every(({ state }) => state !== 'received' && state !== 'analysing') ? studies.map(({ state, modality }) => [modality, state]).sort() : undefined
    }, { timeoutMs: 60_000, hint: () => clinic.output() })
    expect(states).toEqual([['cxr', 'ready'], ['fundus', 'ready']])
    expect(await fromInside('/login')).toMatchObject({ status: 200 })
  }, 90_000)

  it('and at a terminal', async () => {
    const eye = join(clinic.data, 'eye.jpg')
    await writeFile(eye, await fundusJpeg(4))
    const { stdout } = await run(ALONE[0]!, [...ALONE.slice(1), process.execPath, bin, 'analyze', '--json', eye])
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, pack: { id: 'dr-fundus' } })
  }, 60_000)
})
