import { isAbsolute } from 'node:path'
import { z } from 'zod'

const setting = z.union([z.string().max(100), z.number(), z.boolean()])

export const saneSchema = z.strictObject({
  /** As `scanimage -L` names it; auto: the first that is found. */
  device: z.string().min(1).max(200).regex(/^[^-\s][^\0\n]*$/, 'expected a name as scanimage -L shows it, or auto').default('auto'),
  resolutionDpi: z.int().min(50).max(4800).default(300),
  /** Null where the scanner has no such setting; the same for `mode`. */
  depth: z.literal([8, 16, null], { error: (issue) => `expected one of 8, 16, null; got ${JSON.stringify(issue.input)}` }).default(16),
  mode: z.string().regex(/^[A-Za-z0-9 ]{1,40}$/).nullable().default('Gray'),
  /** The transparency unit, as this scanner calls it (`Transparency Adapter`, `TPU`, `Negative`...); the scanner's own choice when left out. */
  source: z.string().regex(/^[A-Za-z0-9 ()/-]{1,60}$/).optional(),
  widthMm: z.number().min(10).max(500).optional(),
  heightMm: z.number().min(10).max(500).optional(),
  /** Other settings of this scanner (`scanimage -A`), by name. */
  settings: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected a setting as scanimage -A shows it, without its dashes'), setting).default({}),
  /** A folder with SANE's configuration, where it is not /etc/sane.d. */
  configFolder: z.string().refine(isAbsolute, 'expected an absolute path').optional(),
  /** No progress for so long: the scan is ended. Lamps of old scanners warm up for a minute. */
  stallSeconds: z.int().min(1).max(600).default(90),
  /** How often it is looked whether the scanner is still there. */
  lookSeconds: z.number().min(0.1).max(3600).default(30)
})

export type SaneOptions = z.output<typeof saneSchema>
