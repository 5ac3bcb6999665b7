import type { VideoOptions } from './options.js'

/** Descriptors of ffmpeg that carry the small moving picture and the full one. */
export const PREVIEW_PIPE = 1
export const FULL_PIPE = 3

/** One ffmpeg: the input decoded once, and two streams of JPEG frames out of it. */
export function ffmpegArguments(options: VideoOptions): string[] {
  const { previewFramesPerSecond, previewWidth, clipFramesPerSecond } = options
  const graph = `[0:v]split=2[a][b];[a]fps=${previewFramesPerSecond},scale='min(${previewWidth},iw)':-2[small];[b]fps=${clipFramesPerSecond}[full]`
  const out = (label: string, quality: string, pipe: number): string[] =>
    ['-map', `[${label}]`, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', quality, '-f', 'image2pipe', '-flush_packets', '1', `pipe:${pipe}`]
  return [
    '-hide_banner', '-nostdin', '-loglevel', 'error', '-fflags', 'nobuffer', ...inputOf(options),
    '-filter_complex', graph, ...out('small', '6', PREVIEW_PIPE), ...out('full', '2', FULL_PIPE)
  ]
}

function inputOf({ input, width, height, framesPerSecond, format }: VideoOptions): string[] {
  if (input.startsWith('pattern:')) return ['-re', '-f', 'lavfi', '-i', `${input.slice('pattern:'.length)}=size=${width}x${height}:rate=${framesPerSecond}`]
  if (!input.startsWith('/dev/')) return ['-re', '-stream_loop', '-1', '-i', input]
  return ['-f', 'v4l2', ...(format === 'auto' ? [] : ['-input_format', format]), '-framerate', `${framesPerSecond}`, '-video_size', `${width}x${height}`, '-i', input]
}
