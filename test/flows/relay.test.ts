import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Delivery } from '../../src/domain/delivery.js'
import { startShapedLink, type ShapedLink } from '../fakes/shaped-link.js'
import { removeData, run, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { freePort, removeOrthanc, startOrthanc } from './orthanc.js'
import type { RunningOrthanc } from './orthanc.js'
import { describeWith, peerPath } from './peers.js'
import { chestDicom } from './pictures.js'
import { addClinic, startRelayProcess } from './relay-process.js'
import type { RelayProcess } from './relay-process.js'

describeWith(['Orthanc', 'storescu'], 'a result reaches the PACS through the relay, over a link that never lives long enough', () => {
  let appliance: RunningAppliance
  let pacs: RunningOrthanc
  let relay: RelayProcess
  let link: ShapedLink
  let relayData: string
  let args: string[]

  beforeAll(async () => {
    const dicomPort = await freePort()
    pacs = await startOrthanc({ appliancePort: dicomPort, configuration: { DicomModalities: { relay: { AET: 'SCREENPOSTRELAY', Host: '127.0.0.1', Port: dicomPort, AllowStorageCommitment: true } } } })
    relayData = await temporaryData()
    args = ['--pacs', `ORTHANC@127.0.0.1:${pacs.dicomPort}`, '--dicom-port', String(dicomPort)]
    relay = await startRelayProcess(relayData, { args })
    link = await startShapedLink({ port: relay.port }, { bytesPerSecond: 1_500_000, latencyMs: 30 })
    const folder = await temporaryData()
    await writeFile(join(folder, 'token'), await addClinic(relayData, 'hill'))
    await writeFile(join(folder, 'site.json'), JSON.stringify({ destinations: [{ id: 'centre', kind: 'relay', url: `http://127.0.0.1:${link.port}`, bearerFile: join(folder, 'token'), recompress: false }] }))
    appliance = await startAppliance({ args: ['--config', join(folder, 'site.json')] })
  }, 90_000)
  afterAll(async () => {
    await appliance?.stop()
    await link?.close()
    await relay?.stop()
    await pacs?.stop()
    if (appliance) await removeData(appliance)
    if (pacs) await removeOrthanc(pacs)
    await rm(relayData, { recursive: true, force: true })
  })

  it('each object once and committed, though both sides were pulled out of the wall', { timeout: 240_000 }, async () => {
    link.live(4_000, 1_000)
    const folder = await temporaryData()
    await writeFile(join(folder, 'film.dcm'), await chestDicom(5, { width: 3200, height: 3200 }))
    await run(peerPath('storescu')!, ['-aec', 'SCREENPOST', '127.0.0.1', String(appliance.dicom.port), join(folder, 'film.dcm')])
    const [study] = await settledStudies(appliance, 1)
    const start = link.bytes.up
    await waitFor(() => (link.bytes.up > start + 4_000_000 ? true : undefined), { timeoutMs: 60_000, hint: () => `${link.bytes.up} bytes; ${appliance.output().slice(-2000)}` })
    await relay.pullPlug()
    relay = await startRelayProcess(relayData, { port: relay.port, args })
    await waitFor(() => (link.bytes.up > start + 9_000_000 ? true : undefined), { timeoutMs: 60_000, hint: () => `${link.bytes.up} bytes; ${appliance.output().slice(-2000)}` })
    await appliance.pullPlug()
    appliance = await startAppliance({ data: appliance.data, args: ['--config', appliance.child.spawnargs[appliance.child.spawnargs.indexOf('--config') + 1]!] })
    const deliveries = await waitFor(async () => {
      const { deliveries: all = [] } = await appliance.api<{ deliveries?: Delivery[] }>(`/api/v1/studies/${study!.id}`)
      const current = all.filter(({ state }) => state !== 'superseded')
      return current.length >= 3 && current.every(({ state }) => state === 'committed') ? current : undefined
    }, { timeoutMs: 150_000, hint: () => `not committed\nrelay:\n${relay.output().slice(-3000)}\nappliance:\n${appliance.output().slice(-3000)}` })
    const there = (await pacs.instances()).map(({ uid }) => uid)
    expect(there.sort()).toEqual(deliveries.map(({ sopInstanceUid }) => sopInstanceUid).sort())
    expect(link.connections()).toBeGreaterThan(4)
    expect(link.bytes.up).toBeLessThan(35_000_000)
  })
})
