import type { PackManifest } from '../manifest.js'
import { clipFindings } from './clip-findings/clip-findings.js'
import { findings } from './findings/findings.js'
import { imageType } from './image-type/image-type.js'
import { ordinalGrade } from './ordinal-grade/ordinal-grade.js'
import type { Task } from './task.js'

/** Every task that a pack may name; a new pack of one of these needs no code. */
export const tasks: Readonly<Record<PackManifest['task'], Task>> = {
  'image-type': imageType,
  'ordinal-grade': ordinalGrade,
  findings,
  'clip-findings': clipFindings
}
