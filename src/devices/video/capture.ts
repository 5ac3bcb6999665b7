import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Arrival, Receipt } from '../../domain/arrival.js'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import type { VideoView } from '../../domain/video-session.js'
import type { HoldingVisit } from '../../domain/visit.js'
import type { DeviceHost } from '../device-kind.js'
import { writeClip } from './clip.js'
import type { Frame } from './grabber.js'
import { renderFrame } from './render.js'

export type Captured = { readonly host: DeviceHost; readonly view: VideoView | undefined; readonly by: string; readonly visit: HoldingVisit | undefined }

/** One frame as PNG, cut and masked, to the store. */
export async function deliverStill(frame: Frame, captured: Captured): Promise<Result<Receipt, Problem>> {
  const { bytes } = await renderFrame(frame.jpeg, captured.view, 'png')
  return deliverBytes(bytes, captured)
}

/** Frames as one DICOM object, cut and masked, to the store. */
export async function deliverClip(frames: readonly Frame[], captured: Captured): Promise<Result<Receipt, Problem>> {
  const rendered = []
  for (const { jpeg } of frames) rendered.push(await renderFrame(jpeg, captured.view, 'jpeg'))
  const { width, height } = rendered[0]!
  const seconds = Math.max(0.1, (frames.at(-1)!.atMs - frames[0]!.atMs) / 1000)
  const bytes = writeClip({
    frames: rendered.map((each) => each.bytes), width, height, framesPerSecond: Math.max(1, (frames.length - 1) / seconds),
    at: captured.host.clock.now().toISOString(), deviceId: captured.host.deviceId
  })
  return deliverBytes(bytes, captured)
}

async function deliverBytes(bytes: Buffer, { host, by, visit, view }: Captured): Promise<Result<Receipt, Problem>> {
  const spoolPath = join(host.spoolFolder, `video-${randomUUID()}`)
  try {
    await writeFile(spoolPath, bytes, { flag: 'wx', mode: 0o640 })
    const arrival: Arrival = {
      spoolPath, receivedAt: host.clock.now().toISOString(), source: { kind: 'video', deviceId: host.deviceId, operator: by, ...(view ? { cleaned: true as const } : {}) },
      visitId: visit?.visitId ?? null, ...(visit?.take ? { take: visit.take.code } : {})
    }
    return await host.deliver(arrival)
  } finally {
    await rm(spoolPath, { force: true })
  }
}
