import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { readChecked, renderDocument } from '../platform/checked-json.js'
import { isErrno, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { OperatingPoints } from './manifest.js'
import type { PackCheck } from './packs.js'

/** The name of the operating point that a site fitted on its own cases. */
const SITE_POINT = 'site'

const share = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })
const signed = { modelSha256: z.string().length(64), version: z.string(), at: z.string(), by: z.string().min(1).max(64) }
const fitted = {
  ...signed,
  thresholds: z.record(z.string(), z.number().min(0).max(1)),
  evidence: z.record(z.string(), z.strictObject({ n: z.int(), positives: z.int(), sensitivity: share, specificity: share }))
}
const schema = z.strictObject({
  formatVersion: z.literal(1), pack: z.string(), ...fitted,
  confirmed: z.array(z.strictObject(signed)).default([]),
  /** Fitted on a later model, and not in force before each finding above is: the others would fall back to the pack's own unseen. */
  next: z.strictObject(fitted).optional()
})

/** `<data>/thresholds/<pack>.json`: thresholds of one site, good for one model, and which later models somebody let in without them. */
export type SiteThreshold = z.output<typeof schema>
export type FittedThresholds = NonNullable<SiteThreshold['next']>
export type SiteThresholds = ReadonlyMap<string, Result<SiteThreshold, Problem>>

/** Every site threshold, by pack; none when the folder is not there. A file that can't be read is that pack's problem. */
export async function readSiteThresholds(folder: string): Promise<SiteThresholds> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  })
  const packs = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
  return new Map(await Promise.all(packs.map(async (pack) => [pack, await readOne(folder, pack)] as const)))
}

/** Durable when it resolves; a running service takes it up at its next start. */
export async function writeSiteThreshold(folder: string, threshold: SiteThreshold): Promise<void> {
  await makeDirectoryDurable(folder)
  await writeFileDurable(join(folder, `${threshold.pack}.json`), renderDocument(schema.parse(threshold)))
}

async function readOne(folder: string, pack: string): Promise<Result<SiteThreshold, Problem>> {
  const path = join(folder, `${pack}.json`)
  // The slow check keeps a second copy.
  for (const read of [() => readFile(path, 'utf8'), () => readFile(`${path}.previous`, 'utf8').catch(() => '')]) {
    const parsed = schema.safeParse(readChecked(await read()))
    if (parsed.success && parsed.data.pack === pack) return ok(parsed.data)
  }
  return err(problem('site-threshold-damaged', `The site's threshold of ${pack} can't be read, so nobody knows which one is in force, and ${pack} is out of service. Fit it again with \`screenpost threshold --adopt\`, or delete thresholds/${pack}.json in the data folder to use the pack's own.`))
}

/**
 * Packs as this site may use them: with its own operating point where it fitted one on this very model, refused where it fitted one on
 * another and nobody has confirmed the pack's own, unchanged where it fitted none.
 */
export const applySiteThresholds = (checks: readonly PackCheck[], sites: SiteThresholds): PackCheck[] => checks.map((check) => {
  const site = sites.get(check.id)
  if (site === undefined || check.problem || check.operatingPoints === undefined) return check
  if (!site.ok) return { ...check, problem: site.error }
  if (check.sha256 === site.value.modelSha256) return { ...check, operatingPoints: withSitePoint(check.operatingPoints, site.value) }
  return check.sha256 !== undefined && isLetIn(site.value, check.sha256) ? check : { ...check, problem: notRecalibrated(check, site.value) }
})

/** Whether nobody needs to fit or confirm anything before this model serves. */
const isLetIn = (site: SiteThreshold, modelSha256: string): boolean =>
  site.modelSha256 === modelSha256 || site.confirmed.some((each) => each.modelSha256 === modelSha256)

/** Findings of a pack that the site fitted on an earlier model, and neither fitted on this one nor left to the pack's own. */
export function findingsToFit(site: SiteThreshold, { modelSha256, findings }: { modelSha256: string; findings: readonly string[] }): string[] {
  if (isLetIn(site, modelSha256)) return []
  const again = site.next?.modelSha256 === modelSha256 ? site.next.thresholds : {}
  return Object.keys(site.thresholds).filter((finding) => findings.includes(finding) && !(finding in again))
}

/**
 * The site's thresholds with one finding fitted. On a later model they wait as `next` until each finding is fitted on it that was before;
 * `findings` are those of the pack.
 */
export function withFitted(before: SiteThreshold | undefined, { pack, findings, by }: { pack: string; findings: readonly string[]; by: FittedThresholds }): SiteThreshold {
  const known = before?.modelSha256 === by.modelSha256 ? before : before?.next?.modelSha256 === by.modelSha256 ? before.next : undefined
  const merged = { ...by, thresholds: { ...known?.thresholds, ...by.thresholds }, evidence: { ...known?.evidence, ...by.evidence } }
  if (before && findingsToFit({ ...before, next: merged }, { modelSha256: by.modelSha256, findings }).length > 0) return { ...before, next: merged }
  return { formatVersion: 1, pack, ...merged, confirmed: before?.modelSha256 === by.modelSha256 ? before.confirmed : [] }
}

/** The site's thresholds once somebody answers for a model: what was fitted on it is in force, and the pack's own for every other finding. */
export function withConfirmed(site: SiteThreshold, signature: SiteThreshold['confirmed'][number]): SiteThreshold {
  const { next, ...before } = site
  const confirmed = [...site.confirmed, signature]
  return next?.modelSha256 === signature.modelSha256 ? { ...before, ...next, confirmed } : { ...site, confirmed }
}

function notRecalibrated({ id, version, sha256, manifest }: PackCheck, site: SiteThreshold): Problem {
  const findings = manifest?.findings.map(({ code }) => code) ?? []
  const left = findingsToFit(site, { modelSha256: sha256 ?? '', findings }).join(' and ')
  return problem('threshold-not-recalibrated',
    `${id}/${version}: this site fitted its threshold on version ${site.version}, and a threshold means nothing for another model. Fit it again${left && ` for ${left}`} with \`screenpost threshold --adopt\`, or let the pack's own in with \`screenpost confirm-pack ${id}\`.`)
}

function withSitePoint(table: OperatingPoints, { thresholds, evidence }: SiteThreshold): OperatingPoints {
  const own = Object.entries(thresholds).map(([finding, threshold]) => ({ name: SITE_POINT, finding, threshold, ...pointEvidence(evidence[finding]) }))
  const usual = table.points.filter(({ name, finding }) => name === table.default && !(finding in thresholds)).map((point) => ({ ...point, name: SITE_POINT }))
  return { ...table, default: SITE_POINT, points: [...table.points, ...own, ...usual], fitted: Object.keys(thresholds) }
}

const NOTHING = { value: 0, low: 0, high: 1 }
const pointEvidence = (evidence: SiteThreshold['evidence'][string] | undefined) =>
  ({ sensitivity: NOTHING, specificity: NOTHING, n: 0, positives: 0, ...evidence, data: 'this site' })
