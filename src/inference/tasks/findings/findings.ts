import type { Task } from '../task.js'
import { scoresOf } from '../task.js'

/** Independent findings of one image. */
export const findings: Task = {
  frames: () => 1,
  interpret: ({ logits, manifest }) => ({ scores: scoresOf(logits[0] ?? [], manifest), frame: 0, detail: {} })
}
