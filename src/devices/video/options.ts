import { z } from 'zod'

const whole = (low: number, high: number) => z.int({ error: (issue) => `expected a whole number from ${low} to ${high}; got ${JSON.stringify(issue.input)}` }).min(low).max(high)

export const videoSchema = z.strictObject({
  /** A capture device (`/dev/v4l/by-id/...`), a video file that is played again and again, or one of ffmpeg's test pictures. */
  input: z.string().regex(/^(\/[^\0]+|pattern:(testsrc2|smptebars|life))$/, 'expected the absolute path of a capture device, best below /dev/v4l/by-id, or of a video file; or pattern:testsrc2'),
  width: whole(160, 3840).default(1280),
  height: whole(120, 2160).default(720),
  framesPerSecond: whole(5, 60).default(30),
  /** How a capture device sends its pictures; auto leaves it to the driver. */
  format: z.enum(['auto', 'mjpeg', 'yuyv422', 'nv12']).default('auto'),
  /** Frames a second kept for clips. */
  clipFramesPerSecond: whole(1, 30).default(15),
  previewFramesPerSecond: whole(5, 30).default(12),
  previewWidth: whole(160, 1920).default(800),
  /** Longest clip, seconds. */
  clipSeconds: whole(1, 20).default(6),
  /** No picture for so long: the link is taken for dead and opened again. */
  silentSeconds: whole(1, 60).default(5)
})

export type VideoOptions = z.output<typeof videoSchema>
