import type { PackManifest } from '../inference/manifest.js'
import type { PackCheck } from '../inference/packs.js'
import { packsInService } from '../inference/packs.js'

/** Which of several packs for the kind of a new one reads, in a sentence; empty where it is the only one. */
export function sameKindSentence({ modality, task }: PackManifest, installed: readonly PackCheck[]): string {
  const ids = [...new Set(packsInService(installed).filter(({ manifest }) => manifest.modality === modality && manifest.task !== 'image-type').map(({ id }) => id))]
  const [first, ...others] = ids
  if (task === 'image-type' || modality === 'any' || others.length === 0) return ''
  return `Where they are installed together ${first} reads every ${modality} image and ${others.join(' and ')} none: of packs for one kind the first by id reads. Remove the folder of the one that is not to read.\n`
}
