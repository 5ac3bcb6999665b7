import { z } from 'zod'
import { probeOk } from '../../domain/device-report.js'
import type { DeviceKind, DeviceLink } from '../device-kind.js'
import { linkEnd } from '../link-end.js'
import { parseDeviceOptions } from '../parse-device-options.js'
import { receiveInstances } from './receive.js'

/** The one address: a token says who sends. */
const MOUNTED_AT = '/stow/studies'

const schema = z.strictObject({})

/** Receives by DICOMweb STOW-RS under the web server's own address; an instance is answered as stored only when it is durable. */
export const stowDevice: DeviceKind<z.output<typeof schema>> = {
  kind: 'stow',
  parseOptions: (raw) => parseDeviceOptions(schema, raw),
  open(_options, host): Promise<DeviceLink> {
    if (!host.mount) return Promise.reject(new Error('there is no web server to mount on'))
    const callers = new Set<string>()
    const underWay = new Set<Promise<unknown>>()
    const unmount = host.mount(MOUNTED_AT, (request) => {
      if (!callers.has(request.callerId)) {
        callers.add(request.callerId)
        host.emit?.({ type: 'session' })
      }
      const answering = receiveInstances(request, host)
      const settled = answering.then(() => undefined, () => undefined)
      underWay.add(settled)
      void settled.then(() => underWay.delete(settled))
      return answering
    })
    const { closed, end } = linkEnd()
    return Promise.resolve({
      closed, detail: `POST ${MOUNTED_AT}`,
      get stations() { return [...callers].sort() },
      [Symbol.asyncDispose]: async () => {
        unmount()
        await Promise.race([Promise.all(underWay), new Promise((resolve) => setTimeout(resolve, 500).unref())])
        end({})
      }
    })
  },
  probe: () => Promise.resolve(probeOk(`Apps send to ${MOUNTED_AT} of this appliance's address, with a token whose role may capture.`))
}
