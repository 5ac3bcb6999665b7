import { z } from 'zod'
import type { BackupConfig, DiskConfig, RetentionConfig, ScrubConfig } from './config.js'

const MEBIBYTE = 1024 * 1024
const mebibytes = (least: number) => z.number().min(least).max(100_000_000)

/** `disk`: how full it may get, in MiB. */
export const diskPart = z.strictObject({ warnMb: mebibytes(1).default(2048), refuseMb: mebibytes(1).default(256), ballastMb: mebibytes(0).default(64) })
  .refine(({ warnMb, refuseMb }) => warnMb >= refuseMb, { message: 'expected at least refuseMb', path: ['warnMb'] })

/** `retention`: when image bytes that archives have committed to may leave this disk. */
export const retentionPart = z.strictObject({
  days: z.number().min(0).max(36_500), archives: z.array(z.string()).min(1).optional(), onlyBelowMb: mebibytes(1).optional()
})

/** `scrub`: the slow check of everything on the disk. */
export const scrubPart = z.strictObject({ mbPerSecond: z.number().min(0.1).max(1000).default(4), everyDays: z.number().min(0.01).max(365).default(7) })

/** `backup`: encrypted and incremental, readable for the centre alone. */
export const backupPart = z.strictObject({
  repository: z.string().min(1),
  recipients: z.array(z.string().regex(/^age1[0-9a-z]{20,}$/, 'expected an age recipient (age1...), as `age-keygen -y` prints it')).min(1),
  everyHours: z.number().min(0.1).max(24 * 31).default(24),
  keep: z.strictObject({ daily: z.int().min(1).default(7), weekly: z.int().min(0).default(5), monthly: z.int().min(0).default(12) }).prefault({})
})

export type CareParts = {
  readonly disk?: z.output<typeof diskPart> | undefined
  readonly retention?: z.output<typeof retentionPart> | undefined
  readonly scrub?: z.output<typeof scrubPart> | undefined
  readonly backup?: z.output<typeof backupPart> | undefined
}
type Care = { readonly disk: DiskConfig; readonly scrub: ScrubConfig; readonly retention?: RetentionConfig; readonly backup?: BackupConfig }

/** What keeps the data well, in bytes, with the defaults. */
export function careOf({ disk = diskPart.parse({}), retention, scrub = scrubPart.parse({}), backup }: CareParts, archives: readonly string[]): Care {
  return {
    disk: { warnBytes: disk.warnMb * MEBIBYTE, refuseBytes: disk.refuseMb * MEBIBYTE, ballastBytes: Math.round(disk.ballastMb * MEBIBYTE) },
    scrub: { bytesPerSecond: scrub.mbPerSecond * 1e6, everyDays: scrub.everyDays },
    ...(retention ? { retention: retentionOf(retention, archives) } : {}), ...(backup ? { backup } : {})
  }
}

const retentionOf = ({ days, onlyBelowMb }: z.output<typeof retentionPart>, archives: readonly string[]): RetentionConfig =>
  ({ days, archives, ...(onlyBelowMb === undefined ? {} : { onlyBelowBytes: onlyBelowMb * MEBIBYTE }) })
