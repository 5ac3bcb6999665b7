/** What a received file is, by its first bytes and never by its name. */
export type ContentKind = 'dicom' | 'jpeg' | 'png' | 'tiff' | 'bmp'

/** What a pack reads. */
export type Modality = 'fundus' | 'cxr' | 'ultrasound'

export type Laterality = 'L' | 'R'

/**
 * A decoded picture ready for display and for preprocessing: `data` is row-major, interleaved,
 * 8 bit, `width * height * channels` long per frame; frames follow each other.
 * One channel is MONOCHROME2 sense (0 is black) after rescale, VOI LUT or window; three are RGB.
 */
export type Pixels = {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly frames: number
  readonly data: Uint8Array
}

/** The identity and acquisition facts a DICOM object claims; patient data, never to be logged. */
export type DicomFacts = {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly studyInstanceUid?: string
  readonly seriesInstanceUid?: string
  readonly transferSyntaxUid: string
  /** The Modality attribute (CR, DX, US, OP, XC, OT...). */
  readonly modality?: string
  readonly bodyPart?: string
  readonly viewPosition?: string
  readonly laterality?: Laterality
  readonly patientId?: string
  readonly patientName?: string
  readonly patientBirthDate?: string
  readonly patientSex?: string
  /** Years, from PatientAge or from birth and study date. */
  readonly patientAgeYears?: number
  readonly studyDate?: string
  /** When it was taken by the device's own clock, `yyyy-mm-ddThh:mm:ss`; the clinic's time zone unless an offset (`+03:00`) follows. */
  readonly takenAt?: string
  readonly manufacturer?: string
  readonly burnedInAnnotation?: boolean
  /** Millimetres between the centres of neighbouring pixels; at the detector where the object says no better. */
  readonly pixelSpacingMm?: { readonly row: number; readonly column: number }
}
