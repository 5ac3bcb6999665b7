import type { QualityReason } from '../../domain/finding.js'
import type { Modality } from '../../domain/image-content.js'

/** How a modality is called in a sentence. */
const NOUNS: Readonly<Record<Modality | 'other', string>> = {
  fundus: 'an eye photo', cxr: 'a chest X-ray', ultrasound: 'an ultrasound picture', other: 'none of the kinds that are read here'
}

const wrong = (text: string, retake: string): QualityReason => ({ code: 'wrong-image', text, retake })

/** Every reason that recognising and routing give; `wrong-image`, `rotated` and `no-pack` mean that nothing was graded. */
export const ROUTE_REASONS = {
  bodyPart: (part: string, modality: Modality) => wrong(`The file says that it shows ${part.toLowerCase()}, not ${modality === 'fundus' ? 'the eye' : 'the chest'}.`, 'Send the image of the right body part, or correct the body part on the device.'),
  lateral: wrong('This is a lateral (side) view; only frontal chest films are read.', 'Send the frontal (PA or AP) film.'),
  otherDevice: (modality: string) => wrong(`The file comes from a device of kind ${modality}, which no pack reads.`, 'Send a chest X-ray, an eye photo or an ultrasound picture.'),
  looksLike: (seen: Modality | 'other', expected: Modality | undefined) => wrong(
    expected === undefined ? `The picture is ${NOUNS[seen]}.` : `The picture does not look like ${NOUNS[expected]}; it looks like ${NOUNS[seen]}.`,
    'Check what was sent: an eye photo, a frontal chest X-ray or a lung ultrasound picture.'),
  rotated: { code: 'rotated', text: 'The chest film lies on its side or upside down.', retake: 'Turn the film upright and send it again.' } satisfies QualityReason,
  cutOff: {
    code: 'field-cut-off', text: 'The lungs are cut off or the film is tilted.', retake: 'Take it again, upright, with both lungs whole: from above the collar bones to below the ribs.'
  } satisfies QualityReason,
  notRecognised: (claimed: Modality) => wrong(
    `The file says that this is ${NOUNS[claimed]}, and it can not be recognised as one.`, 'Take it again with the whole eye, chest or ultrasound sector in view; if it is right as it is, say what it shows.'),
  undecided: { code: 'no-pack', text: 'It is not clear what this picture shows.', retake: 'Say what it is, or take it again with the whole eye, chest or ultrasound sector in view.' } satisfies QualityReason,
  noPackFor: (modality: Modality): QualityReason => ({ code: 'no-pack', text: `There is no pack in service that reads ${NOUNS[modality]}.`, retake: 'Ask the technician to look at the packs on the System page.' }),
  unknownPack: (id: string): QualityReason => ({ code: 'no-pack', text: `The pack '${id}' is not in service.`, retake: 'Choose one that is listed on the System page.' }),
  gateMissing: { code: 'gate-out-of-service', text: 'The check of what the picture shows is out of service; only the file and simple measures were looked at.' } satisfies QualityReason,
  invertedPutRight: { code: 'inverted-put-right', text: 'Black and white were swapped in this film and have been put right.' } satisfies QualityReason,
  underAge: (least: number): QualityReason => ({ code: 'under-age', text: `The patient is younger than ${least} years, so no score is given.`, retake: 'Refer to a clinician who assesses children.' })
} as const
