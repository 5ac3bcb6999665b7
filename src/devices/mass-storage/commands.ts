import { z } from 'zod'
import type { DeviceCommand } from '../../domain/device-report.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import type { DeviceHost } from '../device-kind.js'
import type { Media } from './media.js'
import type { Medium } from './medium.js'
import { noSuchMedium } from './problems.js'
import { thumbnailOf } from './preview.js'

const key = z.string().regex(/^[0-9a-f]{16}$/)
const whole = (low: number, high: number) => z.coerce.number().int().min(low).max(high)
const SCHEMAS = {
  files: z.object({ medium: z.string(), offset: whole(0, 1e6).default(0), limit: whole(1, 200).default(60) }),
  thumbnail: z.object({ medium: z.string(), key }),
  /** `forVisit`: the pictures are of the person whose visit holds this device now; an image that names another is asked about. */
  import: z.object({ medium: z.string(), wanted: z.union([z.literal('all'), z.array(key).min(1).max(4000)]), forVisit: z.boolean().default(false) }),
  stop: z.object({ medium: z.string() })
} as const
type Name = keyof typeof SCHEMAS

/** What the page may ask of sticks and cards: `files` (a page of the list), `thumbnail`, `import` and `stop`. */
export const MEDIA_COMMANDS: readonly Name[] = ['files', 'thumbnail', 'import', 'stop']

type Doing = { readonly media: Media; readonly medium: Medium; readonly host: DeviceHost; readonly by: string }

const DO: { readonly [N in Name]: (values: z.output<(typeof SCHEMAS)[N]>, doing: Doing) => Promise<Result<unknown, Problem>> } = {
  files: (values, { medium }) => Promise.resolve(ok({ files: medium.page(values), total: medium.listing?.files.length ?? 0 })),
  thumbnail: async (values, { medium, host }) => {
    const file = medium.listing?.byKey.get(values.key)
    const jpeg = file && !medium.undrawable.has(file.key) ? await thumbnailOf(medium.root, file, host) : undefined
    if (file && !jpeg) medium.undrawable.add(file.key)
    return ok({ jpegBase64: jpeg?.toString('base64') ?? null })
  },
  import: ({ wanted, forVisit }, { medium, host, by }) => {
    const visit = forVisit ? host.visit?.() : undefined
    if (forVisit && !visit) return Promise.resolve(err(noVisit))
    return medium.import({ by, wanted, visitId: visit?.visitId })
  },
  stop: async (_values, { medium }) => { await medium.stop(); return ok(null) }
}

const noVisit = problem('no-visit', 'No visit is open on this device any more. Open the visit again, or import without a patient and say whose they are later.')

export async function doMediaCommand({ name, values, by }: DeviceCommand, { media, host }: Pick<Doing, 'media' | 'host'>): Promise<Result<unknown, Problem>> {
  if (!Object.hasOwn(SCHEMAS, name)) return err(problem('no-such-command', `This device does not know ${JSON.stringify(name)}. Use one of ${MEDIA_COMMANDS.join(', ')}.`))
  const parsed = SCHEMAS[name as Name].safeParse(values)
  if (!parsed.success) return err(problem('bad-command', parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')))
  const medium = media.find(parsed.data.medium)
  if (medium) return DO[name as Name](parsed.data as never, { media, medium, host, by })
  if (name !== 'stop') return err(noSuchMedium)
  await media.forget(parsed.data.medium)
  return ok(null)
}
