import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Study, StudySummary } from '../domain/study.js'
import { parseDocument } from '../store/durable-document.js'
import { summarise } from '../store/summary.js'

/** Counts of one calendar month of receipt (UTC, as the folders are), nothing of a person. `unreadable`: documents that the slow check has to repair. */
export type MonthReport = { readonly month: string; readonly images: number; readonly unreadable: number; readonly counts: readonly MonthCount[] }
export type MonthCount = { readonly modality: string; readonly what: 'level' | 'state' | 'quality' | 'finding' | 'person' | 'outcome'; readonly name: string; readonly count: number }

/** The month before the one that `now` is in, as `2026-10`. */
export const monthBefore = (now: Date): string => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7)

/** Reads the study documents of the month as they lie on the disk; the running service is not disturbed. */
export async function monthReport(dataFolder: string, month: string): Promise<MonthReport> {
  const folder = join(dataFolder, 'studies', ...month.split('-'))
  const names = await readdir(folder).catch(() => [])
  const counts = new Map<string, number>()
  let [images, unreadable] = [0, 0]
  for (const name of names) {
    const summary = await summaryOf(join(folder, name, 'study.json'))
    if (!summary) { unreadable += 1; continue }
    images += 1
    for (const key of keysOf(summary)) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return { month, images, unreadable, counts: [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([key, count]) => countOf(key, count)) }
}

async function summaryOf(path: string): Promise<StudySummary | undefined> {
  const parsed = parseDocument(await readFile(path, 'utf8').catch(() => ''))
  return parsed ? summarise(parsed.data as Study) : undefined
}

function keysOf({ modality, triageLevel, awaitsAge, state, gradable, positives, reviewed, patientId, outcomes = [] }: StudySummary): string[] {
  const key = (what: MonthCount['what'], name: string): string => [modality ?? 'unknown', what, name].join('\t')
  return [
    key('state', state), ...(state === 'ready' ? [key('level', awaitsAge ? 'none' : triageLevel)] : []), ...(gradable === undefined ? [] : [key('quality', gradable ? 'gradable' : 'ungradable')]),
    ...positives.map((name) => key('finding', name)), ...(reviewed ? [key('person', 'reviewed')] : []), ...(patientId === undefined ? [key('person', 'unattached')] : []), ...outcomes.map((name) => key('outcome', name))
  ]
}

function countOf(key: string, count: number): MonthCount {
  const [modality = '', what = 'state', name = ''] = key.split('\t')
  return { modality, what: what as MonthCount['what'], name, count }
}

/** RFC 4180, with a first line of names. Names come from packs and programmes; quotes are doubled all the same. */
export const monthCsv = ({ month, images, unreadable, counts }: MonthReport): string => [
  'month,modality,what,name,count', `${month},all,images,all,${images}`, ...(unreadable > 0 ? [`${month},all,images,unreadable,${unreadable}`] : []),
  ...counts.map(({ modality, what, name, count }) => `${month},${modality},${what},"${name.replaceAll('"', '""')}",${count}`), ''
].join('\r\n')
