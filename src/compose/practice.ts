import sharp from 'sharp'
import type { Pixels } from '../domain/image-content.js'
import { chestPhantom } from '../phantoms/chest.js'
import { fundusPhantom } from '../phantoms/fundus.js'
import { lungUltrasoundPhantom } from '../phantoms/lung-ultrasound.js'
import type { Practice, PracticeCase } from '../web/dependencies.js'

const EYE = { width: 800, height: 800 }
const FILM = { width: 900, height: 900 }

type Generated = PracticeCase & { readonly draw: () => Pixels }

/** Generated pictures with what is to be done; nothing of them ever is a study. */
const CASES: readonly Generated[] = [
  { modality: 'fundus', todo: 'routine', because: 'triage.dr-none', draw: () => fundusPhantom({ ...EYE, seed: 40, eye: 'R' }) },
  { modality: 'fundus', todo: 'again', because: 'retake.fundus.too-dark', draw: () => fundusPhantom({ ...EYE, seed: 41, eye: 'L', exposure: 0.18 }) },
  { modality: 'fundus', todo: 'soon', because: 'triage.dr-moderate', draw: () => fundusPhantom({ ...EYE, seed: 42, eye: 'R', lesions: { microaneurysms: 24, haemorrhages: 10, exudates: 24 } }) },
  { modality: 'fundus', todo: 'again', because: 'retake.fundus.out-of-focus', draw: () => fundusPhantom({ ...EYE, seed: 43, eye: 'L', blur: 4 }) },
  { modality: 'fundus', todo: 'urgent', because: 'triage.dr-severe', draw: () => fundusPhantom({ ...EYE, seed: 44, eye: 'L', lesions: { microaneurysms: 20, haemorrhages: 22, exudates: 16, neovascularisation: 4 } }) },
  { modality: 'cxr', todo: 'routine', because: 'triage.tb-none', draw: () => chestPhantom({ ...FILM, seed: 40, opacity: 'none' }) },
  { modality: 'cxr', todo: 'urgent', because: 'triage.tb-positive', draw: () => chestPhantom({ ...FILM, seed: 41, opacity: 'upper-lobe' }) },
  { modality: 'ultrasound', todo: 'urgent', because: 'triage.lus-consolidation', draw: () => lungUltrasoundPhantom({ width: 640, height: 480, seed: 41, pattern: 'consolidation' }) }
]

/** Practice on generated pictures, drawn when somebody asks and kept in memory: no store, no register, no destination. */
export function createPractice(): Practice {
  const drawn = new Map<number, Promise<Uint8Array>>()
  const draw = async (index: number): Promise<Uint8Array> => {
    const { data, width, height, channels } = (CASES[index] as Generated).draw()
    return sharp(data, { raw: { width, height, channels } }).jpeg({ quality: 85 }).toBuffer()
  }
  return {
    cases: CASES.map(({ modality, todo, because }) => ({ modality, todo, because })),
    picture: (index) => {
      const known = drawn.get(index) ?? draw(index)
      drawn.set(index, known)
      return known
    }
  }
}
