import type { Random } from '../../phantoms/random.js'

/** Chances from 0 to 1 for each frame that the device sends. */
export type LineFaults = {
  /** One byte of the frame is changed. */
  readonly corrupt?: number
  /** The frame is not sent. */
  readonly drop?: number
  /** Some bytes inside the frame are not sent, as when a UART overruns. */
  readonly cut?: number
  readonly duplicate?: number
  /** Up to 64 random bytes come before the frame. */
  readonly garbage?: number
  /** The frame and all after it wait for `delayMs`. */
  readonly delay?: number
  readonly delayMs?: number
}

/** What goes over the line instead of the frame, and how long it waits. One seed gives one sequence of accidents. */
export function disturb(frame: Buffer, faults: LineFaults, random: Random): { readonly bytes: Buffer; readonly waitMs: number } {
  const happens = (chance = 0): boolean => chance > 0 && random() < chance
  const waitMs = happens(faults.delay) ? (faults.delayMs ?? 20) : 0
  if (happens(faults.drop)) return { bytes: Buffer.alloc(0), waitMs }
  const parts: Buffer[] = []
  if (happens(faults.garbage)) parts.push(Buffer.from(Array.from({ length: 1 + Math.floor(random() * 64) }, () => Math.floor(random() * 256))))
  parts.push(damage(frame, { corrupt: happens(faults.corrupt), cut: happens(faults.cut) }, random))
  if (happens(faults.duplicate)) parts.push(frame)
  return { bytes: Buffer.concat(parts), waitMs }
}

function damage(frame: Buffer, { corrupt, cut }: { corrupt: boolean; cut: boolean }, random: Random): Buffer {
  if (!corrupt && !cut) return frame
  const at = Math.floor(random() * frame.length)
  if (cut) return Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1 + Math.floor(random() * 20))])
  const copy = Buffer.from(frame)
  copy[at] = (copy[at] ?? 0) ^ (1 + Math.floor(random() * 255))
  return copy
}
