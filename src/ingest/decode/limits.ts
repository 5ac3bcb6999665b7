/** Bounds that hold before anything is allocated: `maxPixels` a frame and for all kept frames together, `maxBytes` of the file. */
export type DecodeLimits = { readonly maxPixels: number; readonly maxBytes: number; readonly maxFrames: number }

/** A 50-megapixel fundus camera and a long ultrasound clip fit; a decompression bomb does not. */
export const defaultDecodeLimits: DecodeLimits = { maxPixels: 64_000_000, maxBytes: 512 * 1024 * 1024, maxFrames: 64 }
