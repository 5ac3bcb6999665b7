import type { Pixels } from '../domain/image-content.js'
import { chestPhantom } from './chest.js'
import { fundusPhantom } from './fundus.js'
import { lungUltrasoundPhantom } from './lung-ultrasound.js'

export type PhantomKind = 'fundus' | 'chest' | 'lung-ultrasound'
export type PhantomSize = { readonly seed: number; readonly width: number; readonly height: number }

/** Rising severity: seed modulo 4 picks one, so that a set of golden cases spans the grades. */
const FUNDUS_LESIONS = [
  {},
  { microaneurysms: 14 },
  { microaneurysms: 24, haemorrhages: 10, exudates: 24 },
  { microaneurysms: 20, haemorrhages: 16, exudates: 16, neovascularisation: 3 }
] as const
/** So much disease that a model trained on photographs of people asks for a referral too; golden cases keep theirs, whose scores are written down. */
const SHOWN_LESIONS = [
  {},
  { microaneurysms: 14 },
  { microaneurysms: 60, haemorrhages: 80, exudates: 40 },
  { microaneurysms: 40, haemorrhages: 150 }
] as const
const CHEST_OPACITIES = ['none', 'upper-lobe', 'none', 'miliary', 'none', 'lower-lobe', 'none', 'effusion'] as const
const LUNG_PATTERNS = ['a-lines', 'b-lines', 'consolidation'] as const

/**
 * The phantom of a golden case. The seed decides everything: anatomy, eye (even right, odd left), and disease
 * (fundus seed % 4 rising severity, chest healthy when even, lung pattern seed % 3). One frame, marked PHANTOM.
 */
export function renderPhantom(kind: PhantomKind, size: PhantomSize): Pixels {
  switch (kind) {
    case 'fundus':
      return fundusPhantom({ ...size, eye: size.seed % 2 === 0 ? 'R' : 'L', lesions: FUNDUS_LESIONS[size.seed % 4] })
    case 'chest':
      return chestPhantom({ ...size, opacity: CHEST_OPACITIES[size.seed % 8] })
    case 'lung-ultrasound':
      return lungUltrasoundPhantom({ ...size, pattern: LUNG_PATTERNS[size.seed % 3] })
  }
}

/** As `renderPhantom`, for demonstrations: an eye that is drawn diseased is also read as diseased (seed % 4: clear, clear, to refer, to refer and mostly urgently). */
export const shownPhantom = (kind: PhantomKind, size: PhantomSize): Pixels =>
  (kind === 'fundus' ? fundusPhantom({ ...size, eye: size.seed % 2 === 0 ? 'R' : 'L', lesions: SHOWN_LESIONS[size.seed % 4] }) : renderPhantom(kind, size))
