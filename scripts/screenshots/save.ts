import sharp from 'sharp'

/** Enough for flat pages with one grey picture; the rest of a photograph is dithered. */
const COLOURS = 64

/** Writes a screenshot as a PNG of few colours: a third of its size or less, in a repository that keeps every version. */
export const savePicture = (bytes: Buffer, path: string): Promise<unknown> => sharp(bytes).png({ palette: true, colours: COLOURS, effort: 10 }).toFile(path)
