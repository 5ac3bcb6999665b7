/** What a device of the kind `ptp` shows. */
export type CameraSession = {
  readonly type: 'camera'
  /** Pictures that came since it was opened. */
  readonly taken: number
  /** Whether the camera tells what happens on it; one that does not can not be released from here either. */
  readonly releases: boolean
}
