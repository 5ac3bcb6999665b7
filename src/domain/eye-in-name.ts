import type { Laterality } from './image-content.js'

/**
 * Words by which camera makers and photographers name an eye: Latin oculus dexter and sinister, English, and the abbreviations of
 * ojo/olho derecho and izquierdo/esquerdo, oeil droit and gauche.
 */
const WORDS: Readonly<Record<string, Laterality>> = {
  OD: 'R', R: 'R', RE: 'R', RIGHT: 'R', RT: 'R', DROIT: 'R', DERECHO: 'R', DIREITO: 'R',
  OS: 'L', L: 'L', LE: 'L', LEFT: 'L', LT: 'L', OG: 'L', OI: 'L', OE: 'L', GAUCHE: 'L', IZQUIERDO: 'L', ESQUERDO: 'L'
}

/** In a name that a person typed these are as likely part of somebody's name (Le, R. Smith). */
const INITIALS = new Set(['R', 'L', 'RE', 'LE', 'RT', 'LT', 'OG', 'OI', 'OE'])

/**
 * The eye that a path below the medium names as a word of its own (`IMG_0012_OD.JPG`, `OS/0001.jpg`); the name counts before its folders,
 * the nearest folder before others. Undefined when nothing does, or one step names both: guessing an eye harms.
 * `namedBy` a camera: short forms count too.
 */
export function eyeInName(path: string, namedBy: 'camera' | 'person'): Laterality | undefined {
  const steps = path.split('/').filter((step) => step !== '')
  const file = steps.pop()
  if (file === undefined) return undefined
  const named = [file.replace(/\.[^.]*$/, ''), ...steps.reverse()].map((step) => eyesOf(step, namedBy)).find((eyes) => eyes.size > 0)
  return named?.size === 1 ? [...named][0] : undefined
}

const eyesOf = (step: string, namedBy: 'camera' | 'person'): Set<Laterality> =>
  new Set(step.toUpperCase().split(/[^\p{L}\p{N}]+/u).filter((word) => namedBy === 'camera' || !INITIALS.has(word)).flatMap((word) => (Object.hasOwn(WORDS, word) ? [WORDS[word]!] : [])))
