import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'

/** Bytes: below `warnBytes` a person is told, below `refuseBytes` new images are refused, and at an eighth of that the ballast is given up. */
export type DiskMarks = { readonly warnBytes: number; readonly refuseBytes: number; readonly ballastBytes: number }

export type DiskLevel = 'ample' | 'low' | 'full' | 'exhausted'

/** How a disk with so much room stands. */
export function diskLevel(freeBytes: number, { warnBytes, refuseBytes }: DiskMarks): DiskLevel {
  if (freeBytes < refuseBytes / 8) return 'exhausted'
  if (freeBytes < refuseBytes) return 'full'
  return freeBytes < warnBytes ? 'low' : 'ample'
}

/** What the page says at each level, and what to do. */
export function diskProblem(level: DiskLevel): Problem | undefined {
  if (level === 'ample') return undefined
  return level === 'low'
    ? problem('disk-low', 'The disk is nearly full. Connect the uplink so that images can be sent, or tell the technician to make room. Images are still taken.')
    : problem('disk-full', 'The disk is full: new images are refused and stay on their device. Nothing is lost. Connect the uplink or tell the technician to make room; receiving then goes on by itself.')
}
