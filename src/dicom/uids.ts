/** Transfer syntaxes that are read (PS3.6 annex A), by what their pixel data is. */
export const TRANSFER_SYNTAX = {
  implicitLittleEndian: '1.2.840.10008.1.2',
  explicitLittleEndian: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  explicitBigEndian: '1.2.840.10008.1.2.2',
  rle: '1.2.840.10008.1.2.5',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
  jpegExtended: '1.2.840.10008.1.2.4.51',
  jpegLossless: '1.2.840.10008.1.2.4.57',
  jpegLosslessSv1: '1.2.840.10008.1.2.4.70',
  jpegLsLossless: '1.2.840.10008.1.2.4.80',
  jpegLsNearLossless: '1.2.840.10008.1.2.4.81',
  jpeg2000Lossless: '1.2.840.10008.1.2.4.90',
  jpeg2000: '1.2.840.10008.1.2.4.91',
  htj2kLossless: '1.2.840.10008.1.2.4.201',
  htj2kLosslessRpcl: '1.2.840.10008.1.2.4.202',
  htj2k: '1.2.840.10008.1.2.4.203'
} as const

export const ACCEPTED_TRANSFER_SYNTAXES: ReadonlySet<string> = new Set(Object.values(TRANSFER_SYNTAX))

export const VERIFICATION = '1.2.840.10008.1.1'
export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1'
/** The one SOP instance of the service (PS3.4 J.3.5). */
export const STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1'

/** Storage SOP classes that a screening device sends (PS3.4 B.5), the retired ultrasound ones too. */
export const STORAGE_CLASSES: Readonly<Record<string, string>> = {
  '1.2.840.10008.5.1.4.1.1.1': 'Computed Radiography',
  '1.2.840.10008.5.1.4.1.1.1.1': 'Digital X-Ray, for presentation',
  '1.2.840.10008.5.1.4.1.1.1.1.1': 'Digital X-Ray, for processing',
  '1.2.840.10008.5.1.4.1.1.3': 'Ultrasound Multi-frame (retired)',
  '1.2.840.10008.5.1.4.1.1.3.1': 'Ultrasound Multi-frame',
  '1.2.840.10008.5.1.4.1.1.6': 'Ultrasound (retired)',
  '1.2.840.10008.5.1.4.1.1.6.1': 'Ultrasound',
  '1.2.840.10008.5.1.4.1.1.6.2': 'Enhanced US Volume',
  '1.2.840.10008.5.1.4.1.1.7': 'Secondary Capture',
  '1.2.840.10008.5.1.4.1.1.7.1': 'Multi-frame Single Bit Secondary Capture',
  '1.2.840.10008.5.1.4.1.1.7.2': 'Multi-frame Grayscale Byte Secondary Capture',
  '1.2.840.10008.5.1.4.1.1.7.3': 'Multi-frame Grayscale Word Secondary Capture',
  '1.2.840.10008.5.1.4.1.1.7.4': 'Multi-frame True Color Secondary Capture',
  '1.2.840.10008.5.1.4.1.1.77.1.1': 'VL Endoscopic',
  '1.2.840.10008.5.1.4.1.1.77.1.4': 'VL Photographic',
  '1.2.840.10008.5.1.4.1.1.77.1.4.1': 'Video Photographic',
  '1.2.840.10008.5.1.4.1.1.77.1.5.1': 'Ophthalmic Photography 8 Bit',
  '1.2.840.10008.5.1.4.1.1.77.1.5.2': 'Ophthalmic Photography 16 Bit',
  '1.2.840.10008.5.1.4.1.1.77.1.5.5': 'Wide Field Ophthalmic Photography Stereographic Projection',
  '1.2.840.10008.5.1.4.1.1.77.1.5.6': 'Wide Field Ophthalmic Photography 3D Coordinates'
}

/** A UID under 2.25 (PS3.5 B.2) from the first 16 bytes of a hash: the same bytes always give the same UID. */
export function uidFrom(hash: Uint8Array): string {
  let value = 0n
  for (const byte of hash.subarray(0, 16)) value = (value << 8n) | BigInt(byte)
  return `2.25.${value}`
}

/** Derived once from sha256('screenpost'); names this implementation in meta headers and associations. */
export const IMPLEMENTATION_CLASS_UID = '2.25.82751529043711646677935894528255221318'
export const IMPLEMENTATION_VERSION = 'SCREENPOST_1'

/** PS3.5 9.1: digits and dots, at most 64 characters. */
export const isUid = (text: string): boolean => text.length <= 64 && /^[0-9]+(\.[0-9]+)*$/.test(text)
