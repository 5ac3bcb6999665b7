/** A point in shares of the picture's width and height. */
export type Point = readonly [x: number, y: number]

/** What of the picture is kept: the rest, where machines write names, is black before anything is stored. */
export type VideoView = {
  /** Corners of the part that is kept, at least three. */
  readonly keep: readonly Point[]
  /** Boxes inside it that are blackened: left, top, width, height in shares. */
  readonly mask: readonly (readonly [left: number, top: number, width: number, height: number])[]
}

/** All of the picture: chosen by somebody who saw that nothing is written in it. */
export const WHOLE_PICTURE: VideoView = { keep: [[0, 0], [1, 0], [1, 1], [0, 1]], mask: [] }

/** Whether nothing is cut off or blackened. */
export const isWhole = ({ keep, mask }: VideoView): boolean => mask.length === 0 && JSON.stringify(keep) === JSON.stringify(WHOLE_PICTURE.keep)

/** What a device of the kind `video` shows. */
export type VideoSession = {
  readonly type: 'video'
  /** Pixels of the source. */
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  /** Absent while nobody has chosen: then it is said that names on the screen are stored. */
  readonly view?: VideoView
  /** A picture is held still, to be captured or let go. */
  readonly frozen: boolean
  /** A clip is being recorded. */
  readonly recording: boolean
  readonly captured: number
}
