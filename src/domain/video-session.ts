/** A point in shares of the picture's width and height. */
export type Point = readonly [x: number, y: number]

/** What of the picture is kept: the rest, where machines write names, is black before anything is stored. */
export type VideoView = {
  /** Corners of the part that is kept, at least three. */
  readonly keep: readonly Point[]
  /** Boxes inside it that are blackened: left, top, width, height in shares. */
  readonly mask: readonly (readonly [left: number, top: number, width: number, height: number])[]
}

/** What a device of the kind `video` shows. */
export type VideoSession = {
  readonly type: 'video'
  /** Pixels of the source. */
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  /** Absent while the whole picture is kept: then it is said that names on the screen would be stored. */
  readonly view?: VideoView
  /** A picture is held still, to be captured or let go. */
  readonly frozen: boolean
  /** A clip is being recorded. */
  readonly recording: boolean
  readonly captured: number
}
