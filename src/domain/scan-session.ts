/** What a device of the kind `sane` shows. */
export type ScanSession = {
  readonly type: 'scan'
  /** In words: maker, model. */
  readonly scanner: string
  readonly resolutionDpi: number
  readonly depth?: number
  readonly source?: string
  /** Share that has come, 0 to 1, while a scan runs. */
  readonly progress?: number
  readonly scanned: number
}
