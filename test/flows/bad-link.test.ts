import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Delivery } from '../../src/domain/delivery.js'
import { removeData, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import type { BadLink } from './bad-link.js'
import { describeWithNamespaces, startBadLink } from './bad-link.js'
import { freePort, removeOrthanc, startOrthanc } from './orthanc.js'
import type { RunningOrthanc } from './orthanc.js'
import { describeWith } from './peers.js'
import { fundusJpeg } from './pictures.js'
import { addClinic, startRelayProcess } from './relay-process.js'

/** 64 kbit/s, 600 ms there and back, one packet in ten lost each way. */
const WORST = { rate: 64_000 / 8, latencyMs: 300, loss: 10 }
/** Silent nine tenths of the time. */
const [UP_MS, DOWN_MS] = [15_000, 135_000]
const isPatient = process.env['SCREENPOST_SLOW'] === '1'

describeWithNamespaces('real packets over 64 kbit/s, 600 ms, 10 % loss', () => {
  describeWith(['Orthanc'], 'into Orthanc in a network namespace', () => {
    const closers: (() => unknown)[] = []
    afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() }, 60_000)

    const farPacs = async (link: BadLink, modality: Record<string, unknown>): Promise<RunningOrthanc> => {
      const pacs = await startOrthanc({ appliancePort: 1, at: { namespace: link.namespace, host: link.farDirect }, configuration: { DicomModalities: { sender: { AllowStorageCommitment: true, ...modality } } } })
      closers.push(() => removeOrthanc(pacs), () => pacs.stop())
      return pacs
    }
    const clinic = async (destination: Record<string, unknown>, receivePort: number): Promise<RunningAppliance> => {
      const site = join(await temporaryData(), 'site.json')
      await writeFile(site, JSON.stringify({ destinations: [{ send: ['images', 'sr'], ...destination }] }))
      const appliance = await startAppliance({ env: { SCREENPOST_DICOM_PORT: String(receivePort) }, args: ['--config', site] })
      closers.push(() => removeData(appliance), () => appliance.stop())
      return appliance
    }
    /** Takes a picture (`width` pixels) and resolves when its report and image are committed and there once. */
    const deliver = async (appliance: RunningAppliance, pacs: RunningOrthanc, { width, timeoutMs }: { width: number; timeoutMs: number }): Promise<void> => {
      await writeFile(join(appliance.data, 'inbox', 'fundus.jpg'), await fundusJpeg(0, width))
      const [study] = await settledStudies(appliance, 1)
      const deliveries = await waitFor(async () => {
        const { deliveries: all = [] } = await appliance.api<{ deliveries?: Delivery[] }>(`/api/v1/studies/${study!.id}`)
        return all.length === 2 && all.every(({ state }) => state === 'committed') ? all : undefined
      }, { timeoutMs, hint: () => `not committed\n${appliance.output().slice(-3_000)}` })
      expect((await pacs.instances()).map(({ uid }) => uid).sort()).toEqual(deliveries.map(({ sopInstanceUid }) => sopInstanceUid).sort())
    }

    it('report and image arrive by C-STORE, once each, and are committed', { timeout: 300_000 }, async () => {
      const link = await startBadLink(WORST)
      closers.push(() => link.close())
      const receivePort = await freePort()
      const pacs = await farPacs(link, { AET: 'SCREENPOST', Host: link.near, Port: receivePort })
      const appliance = await clinic({ id: 'pacs', kind: 'dicom', host: link.far, port: pacs.dicomPort, aeTitle: 'ORTHANC', priors: 0, overreads: false }, receivePort)
      await deliver(appliance, pacs, { width: 480, timeoutMs: 240_000 })
    })

    it.runIf(isPatient)('they arrive through the relay though the link is silent nine tenths of the time (some minutes: SCREENPOST_SLOW=1)', { timeout: 1_200_000 }, async () => {
      const link = await startBadLink(WORST)
      closers.push(() => link.close())
      const [reportPort, relayData] = [await freePort(), await temporaryData()]
      const pacs = await farPacs(link, { AET: 'SCREENPOSTRELAY', Host: link.far, Port: reportPort })
      await writeFile(join(relayData, 'token'), await addClinic(relayData, 'hill'))
      const relay = await startRelayProcess(relayData, { at: { namespace: link.namespace, host: link.far }, args: ['--pacs', `ORTHANC@127.0.0.1:${pacs.dicomPort}`, '--dicom-port', String(reportPort)] })
      closers.push(() => rm(relayData, { recursive: true, force: true }), () => relay.stop())
      const appliance = await clinic({ id: 'centre', kind: 'relay', url: `http://${link.far}:${relay.port}`, bearerFile: join(relayData, 'token') }, 0)
      let timer: NodeJS.Timeout | undefined
      const live = (isUp: boolean): void => {
        if (isUp) link.up()
        else link.down()
        timer = setTimeout(() => live(!isUp), isUp ? UP_MS : DOWN_MS)
      }
      closers.push(() => clearTimeout(timer))
      live(true)
      const startedMs = performance.now()
      await deliver(appliance, pacs, { width: 240, timeoutMs: 1_140_000 })
      expect(performance.now() - startedMs).toBeGreaterThan(DOWN_MS)
    })
  })
})
