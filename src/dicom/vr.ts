/** Value representations whose explicit length field is 32 bits after two reserved bytes (PS3.5 7.1.2). */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])
const SHORT = new Set(['AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'PN', 'SH', 'SL', 'SS', 'ST', 'TM', 'UI', 'UL', 'US'])

export const isLongVr = (vr: string): boolean => LONG.has(vr)
export const isKnownVr = (vr: string): boolean => LONG.has(vr) || SHORT.has(vr)

/**
 * Implicit VR names no type, and this reader looks at a few dozen attributes only: those that are
 * numbers on the wire are listed, everything else is read as text (PS3.6 table 6-1).
 */
const BINARY: ReadonlyMap<number, string> = new Map([
  [0x00280002, 'US'], [0x00280006, 'US'], [0x00280010, 'US'], [0x00280011, 'US'], [0x00280100, 'US'],
  [0x00280101, 'US'], [0x00280102, 'US'], [0x00280103, 'US'], [0x00280120, 'US'], [0x00280121, 'US'], [0x00281101, 'US'], [0x00281102, 'US'],
  [0x00281103, 'US'], [0x00281201, 'OW'], [0x00281202, 'OW'], [0x00281203, 'OW'], [0x00281221, 'OW'],
  [0x00281222, 'OW'], [0x00281223, 'OW'], [0x00283002, 'US'], [0x00283006, 'OW'], [0x00283000, 'SQ'],
  [0x00283010, 'SQ'], [0x00189810, 'US'], [0x52009229, 'SQ'], [0x52009230, 'SQ'], [0x00289132, 'SQ'],
  [0x00289145, 'SQ'], [0x7fe00001, 'OV'], [0x7fe00002, 'OV'], [0x00081140, 'SQ'], [0x00082218, 'SQ'],
  [0x00540220, 'SQ'], [0x00540222, 'SQ'], [0x00080104, 'LO']
])

export const implicitVr = (tag: number): string => BINARY.get(tag) ?? 'UN'
