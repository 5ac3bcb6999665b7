import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { probeFailed, probeOk } from '../../domain/device-report.js'
import { StoreFullError } from '../../domain/errors.js'
import { problem } from '../../domain/problem.js'
import { TooLarge } from '../../platform/capped-bytes.js'
import { isErrno } from '../../platform/durable-fs.js'
import type { MountedAnswer, MountedRequest } from '../../platform/mounts.js'
import { readToEnd, spoolStream } from '../../platform/spool-stream.js'
import type { DeviceHost, DeviceKind, DeviceLink } from '../device-kind.js'
import { linkEnd } from '../link-end.js'
import { parseDeviceOptions } from '../parse-device-options.js'

const MOUNTED_AT = '/film-photo'

const schema = z.strictObject({
  /** Largest photograph taken, megabytes. */
  mostMegabytes: z.int().min(1).max(200).default(50)
})
type FilmPhotoOptions = z.output<typeof schema>

/**
 * Photographs of films on a light box, by telephones and tablets: `POST /film-photo` with the picture as body, or from the page. The
 * photograph is kept as it came; the reader finds the film in it, and every result says that it was read from a photo.
 */
export const filmPhoto: DeviceKind<FilmPhotoOptions> = {
  kind: 'film-photo',
  parseOptions: (raw) => parseDeviceOptions(schema, raw),
  probe: ({ mostMegabytes }, { deviceId }) => Promise.resolve(deviceId === '' ? probeFailed(problem('no-id', 'Give the device an id.'))
    : probeOk('Photographs of films are taken from every tablet, and from apps at /film-photo.', `The largest may have ${mostMegabytes} MB.`)),
  open(options, host): Promise<DeviceLink> {
    if (!host.mount) return Promise.reject(new Error('there is no web server to mount on'))
    const unmount = host.mount(MOUNTED_AT, (request) => receivePhoto(request, host, options))
    const { closed, end } = linkEnd()
    return Promise.resolve({
      closed, detail: `POST ${MOUNTED_AT}`,
      [Symbol.asyncDispose]: () => {
        unmount()
        end({})
        return Promise.resolve()
      }
    })
  }
}

const answer = (status: number, body: object): MountedAnswer => ({ status, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) })

const FULL = { error: problem('store-full', 'The disk of the appliance is full: nothing was taken. Keep the photo and tell the technician.') }

/** 201 when the photograph is durable; the visit is that of the moment when it began to come. */
async function receivePhoto({ body, callerId, headers }: MountedRequest, host: DeviceHost, { mostMegabytes }: FilmPhotoOptions): Promise<MountedAnswer> {
  const visit = host.visit?.()
  const spoolPath = join(host.spoolFolder, `film-photo-${randomUUID()}`)
  if (!(await host.hasRoomFor(Number(headers['content-length'] ?? 0)))) {
    await readToEnd(body)
    return answer(507, FULL)
  }
  try {
    await spoolStream(body, spoolPath, { hasRoomFor: (bytes) => host.hasRoomFor(bytes), mostBytes: mostMegabytes * 1024 * 1024 })
    const result = await host.deliver({
      spoolPath, receivedAt: host.clock.now().toISOString(), source: { kind: 'film-photo', deviceId: host.deviceId, operator: callerId },
      visitId: visit?.visitId ?? null, ...(visit?.take ? { take: visit.take.code } : {})
    })
    if (!result.ok) return answer(result.error.code === 'store-full' ? 507 : 503, { error: result.error })
    return answer(result.value.outcome === 'quarantined' ? 422 : 201, result.value)
  } catch (error) {
    if (error instanceof TooLarge) return answer(413, { error: problem('too-large', `The photo is larger than ${mostMegabytes} MB. Send a smaller one.`) })
    if (error instanceof StoreFullError || isErrno(error, 'ENOSPC', 'EDQUOT')) return answer(507, FULL)
    host.log.warn('film-photo-not-taken', { reason: (error as NodeJS.ErrnoException).code ?? 'broken-off' })
    return answer(400, { error: problem('upload-incomplete', 'The photo stopped before its end; nothing was taken. Send it again.') })
  } finally {
    await rm(spoolPath, { force: true })
  }
}
