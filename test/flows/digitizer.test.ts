import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, removeData, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'

describe('an X-ray digitizer on a serial line', () => {
  let appliance: RunningAppliance
  let simulator: ReturnType<typeof spawn>

  beforeAll(async () => {
    const data = await temporaryData()
    const line = join(data, 'digitizer-tty')
    await writeFile(join(data, 'site.json'), JSON.stringify({ devices: [{ id: 'dicom', kind: 'dicom', options: { port: 0 } }, { id: 'digitizer', kind: 'serial-digitizer', options: { path: line } }] }))
    simulator = spawn(process.execPath, [bin, 'simulate', 'digitizer', '--port', line, '--every', '2', '--corrupt', '0.002', '--unplug', '4000'], { stdio: 'ignore' })
    appliance = await startAppliance({ data, args: ['--config', join(data, 'site.json')] }).catch((error: unknown) => { simulator.kill(); throw error })
  })
  afterAll(async () => {
    simulator.kill('SIGTERM')
    await appliance?.stop()
    if (appliance) await removeData(appliance)
  })

  it('delivers a film, in spite of noise and a cable that falls out, and the film is read as a chest', async () => {
    const [film] = await settledStudies(appliance, 1, 90_000)
    expect(film).toMatchObject({ modality: 'cxr' })
    const { devices } = await appliance.api<{ devices: { id: string; received: number }[] }>('/api/v1/devices')
    await waitFor(() => (devices.find((device) => device.id === 'digitizer')!.received > 0 ? true : undefined), { timeoutMs: 100, hint: () => JSON.stringify(devices) })
  }, 120_000)
})
