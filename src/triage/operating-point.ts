import type { Finding } from '../domain/finding.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'

/** The thresholds that a pack offers: named points, each with one threshold for a finding. `fitted`: findings whose default a site fitted on its own cases. */
export type ThresholdTable = {
  readonly default: string
  readonly points: readonly { readonly name: string; readonly finding: string; readonly threshold: number }[]
  readonly fitted?: readonly string[]
}

/** One point in force: its name and the threshold (0..1, of calibrated scores) of each finding. */
export type OperatingPoint = { readonly name: string; readonly thresholds: Readonly<Record<string, number>> }

/** The names of the points that a pack offers. */
export const namesIn = (table: ThresholdTable): string[] => [...new Set(table.points.map(({ name }) => name))]

/** The point called `name`, else the pack's default; a finding that the named point lacks keeps its default. */
export function operatingPointOf(table: ThresholdTable, name: string = table.default): Result<OperatingPoint, Problem> {
  const named = table.points.filter((point) => point.name === name)
  if (named.length === 0 && table.points.length > 0) {
    return err(problem('unknown-operating-point', `There is no operating point '${name}'. Choose one of: ${namesIn(table).join(', ')}.`))
  }
  const usual = table.points.filter((point) => point.name === table.default)
  return ok({ name, thresholds: Object.fromEntries([...usual, ...named].map((point) => [point.finding, point.threshold])) })
}

/**
 * The point in force at a site: the one that its site file names, else the default. What it fitted on its own cases and somebody signed for goes before
 * a name, which may have stood in the file long before.
 */
export function pointInForce(table: ThresholdTable, { packId, chosen }: { readonly packId: string; readonly chosen: string | undefined }): Result<OperatingPoint, Problem> {
  const unknown = chosen === undefined ? undefined : unknownChoice({ id: packId, points: namesIn(table) }, chosen)
  if (unknown) return err(unknown)
  const named = operatingPointOf(table, chosen)
  if (!named.ok || !table.fitted) return named
  const own = table.points.filter(({ name, finding }) => name === table.default && table.fitted?.includes(finding))
  return ok({ name: table.default, thresholds: { ...named.value.thresholds, ...Object.fromEntries(own.map((point) => [point.finding, point.threshold])) } })
}

/** A pack at a site, and the names of the points that it offers; absent of a version that does not serve. */
export type Offer = { readonly id: string; readonly points?: readonly string[] }

/** Points that a site file names and nothing here offers; `path` is in that file. A pack without any point has none to choose. */
export const unknownChoices = (choices: Readonly<Record<string, string>>, offers: readonly Offer[]): Problem[] => Object.entries(choices).flatMap(([id, chosen]) => {
  const path = `operatingPoints.${id}`
  const ofPack = offers.filter((offer) => offer.id === id)
  const unknown = ofPack.length === 0 ? unknownPack(id, offers) : ofPack.map((offer) => unknownChoice(offer, chosen)).find((each) => each !== undefined)
  return unknown ? [{ ...unknown, path }] : []
})

function unknownChoice({ id, points = [] }: Offer, chosen: string): Problem | undefined {
  if (points.length === 0 || points.includes(chosen)) return undefined
  return problem('unknown-operating-point',
    `The site file names the operating point '${chosen}' for ${id} (operatingPoints), which has none of that name, so ${id} reads no image. Name one of ${points.join(', ')} there, or leave ${id} out, and restart: whatever failed for it in the last 30 days, the appliance will read it again.`)
}

const unknownPack = (id: string, offers: readonly Offer[]): Problem | undefined => offers.length === 0 ? undefined
  : problem('unknown-pack', `There is no pack ${id}, so what the site file says of it (operatingPoints) holds for nothing. Name one of ${[...new Set(offers.map((offer) => offer.id))].join(', ')} there, or leave ${id} out.`)

/** Scores against the thresholds of a point. At the threshold is positive. A score without a threshold is never positive. */
export function applyOperatingPoint(scores: readonly Pick<Finding, 'code' | 'name' | 'score'>[], point: OperatingPoint): Finding[] {
  return scores.map(({ code, name, score }) => {
    const threshold = point.thresholds[code] ?? 1
    return { code, name, score, threshold, positive: code in point.thresholds && score >= threshold }
  })
}
