import type { Modality } from '../../../domain/image-content.js'
import { softmax } from '../../calibrate.js'
import type { PackManifest } from '../../manifest.js'
import type { Task } from '../task.js'

/** What the picture is: `route` is undefined when no class is probable enough. */
export type ImageType = { readonly className: string; readonly probability: number; readonly route: Modality | 'other' | undefined }

/** Routes by the most probable route (classes of one route add up); below `minimumProbability` the picture is undecided. */
export function imageTypeOf(logits: ArrayLike<number>, manifest: Pick<PackManifest, 'classes' | 'gate'>): ImageType {
  const probabilities = softmax(logits)
  const routes = manifest.gate.routes ?? {}
  const byRoute = new Map<Modality | 'other', number>()
  probabilities.forEach((value, index) => {
    const route = routes[manifest.classes[index] ?? ''] ?? 'other'
    byRoute.set(route, (byRoute.get(route) ?? 0) + value)
  })
  const [route, probability] = [...byRoute].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['other', 0] as ['other' | Modality, number])
  const className = manifest.classes[probabilities.indexOf(Math.max(...probabilities))] ?? 'unknown'
  return { className, probability, route: probability >= (manifest.gate.minimumProbability ?? 0.5) ? route : undefined }
}

/** The gate as a task: no findings; `detail.imageType` says what the picture is. */
export const imageType: Task = {
  frames: () => 1,
  interpret: ({ logits, manifest }) => ({ scores: [], frame: 0, detail: { imageType: imageTypeOf(logits[0] ?? [], manifest) } })
}
