/** C-STORE response status codes (PS3.4 B.2.3 and PS3.7 annex C). */
export const STATUS = {
  success: 0x0000,
  sopClassNotSupported: 0x0122,
  processingFailure: 0x0110,
  outOfResources: 0xa700,
  dataSetDoesNotMatch: 0xa900,
  cannotUnderstand: 0xc000
} as const

export const isSuccess = (status: number): boolean => status === STATUS.success
