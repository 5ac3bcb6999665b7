import { z } from 'zod'

/** `updates`: where the centre lays system updates and packs. Everything from there is signed; the address is not trusted. */
export const updatesPart = z.strictObject({
  /** Folder with `update.json` and `screenpost-packs/`; a name and password may stand in it. */
  url: z.url({ protocol: /^https?$/ }).refine((url) => URL.parse(url)?.search === '', 'expected an address without a question mark'),
  /** No faster than this, so that results go first on a thin line. */
  bytesPerSecond: z.int().min(500).optional()
})
