import type { StudySummary } from '../../domain/study.js'
import { recallCandidates, referralsWithoutOutcome } from '../../programmes/due.js'
import { programmeFor } from '../../programmes/programmes.js'
import { recallDue } from '../../programmes/recall.js'
import { countsByDay, ungradableRates } from '../clinic-figures.js'
import type { WebDependencies } from '../dependencies.js'
import { dayOf } from '../register.js'
import type { Route } from '../route.js'
import type { DueRecall, WorkModel, WorkRow } from '../views/work.js'
import { workPage } from '../views/work.js'
import { pageContext, sendHtml } from './respond.js'

type Deps = Pick<WebDependencies, 'store' | 'patients' | 'clock' | 'system' | 'devices'>

const DAY_MS = 86_400_000
/** Longer than the longest interval of a programme, and than anybody's memory of a referral. */
const LOOK_BACK_DAYS = 420
const RATE_DAYS = 90
const PLOT_DAYS = 30
const SOON_DAYS = 14
const MOST_ROWS = 20
/** Documents read for the exact day of a recall. */
const MOST_READ = 200

/** Summaries since a time, newest first. */
function since(store: Deps['store'], from: number): StudySummary[] {
  const found: StudySummary[] = []
  let cursor: string | undefined
  do {
    const page = store.list({ order: 'newest', limit: 1000, ...(cursor ? { cursor } : {}) })
    found.push(...page.studies.filter(({ receivedAt }) => Date.parse(receivedAt) >= from))
    cursor = page.studies.some(({ receivedAt }) => Date.parse(receivedAt) >= from) ? page.next : undefined
  } while (cursor !== undefined)
  return found
}

/** Who is due within two weeks or overdue, the longest overdue first: the day comes from the document with its answers. */
async function recalls(deps: Deps, summaries: readonly StudySummary[], today: string): Promise<DueRecall[]> {
  const horizon = dayOf(new Date(Date.parse(today) + SOON_DAYS * DAY_MS))
  const near = recallCandidates(summaries).filter(({ earliest }) => earliest <= horizon).toSorted((a, b) => (a.earliest < b.earliest ? -1 : 1)).slice(0, MOST_READ)
  const found = await Promise.all(near.map(async ({ studyId, patientId }): Promise<DueRecall[]> => {
    const [study, patient, summary] = [await deps.store.read(studyId).catch(() => undefined), deps.patients.find(patientId), deps.store.summary(studyId)]
    const programme = programmeFor(study?.modality)
    const due = study && summary && programme ? recallDue(programme, { level: summary.triageLevel, answers: study.programmeAnswers?.answers ?? {}, at: study.receivedAt }) : undefined
    return due && patient && due.dueOn <= horizon ? [{ patientId: patient.id, patientName: patient.name, dueOn: due.dueOn, overdue: due.dueOn < today, studyId }] : []
  }))
  return found.flat().toSorted((a, b) => (a.dueOn < b.dueOn ? -1 : 1))
}

async function modelOf(deps: Deps): Promise<WorkModel> {
  const now = deps.clock.now()
  const today = dayOf(now)
  const summaries = since(deps.store, now.getTime() - LOOK_BACK_DAYS * DAY_MS)
  const lately = summaries.filter(({ receivedAt }) => now.getTime() - Date.parse(receivedAt) <= RATE_DAYS * DAY_MS)
  const rowOf = (summary: StudySummary): WorkRow => {
    const patientName = summary.patientId === undefined ? undefined : deps.patients.find(summary.patientId)?.name
    return { summary, ...(patientName === undefined ? {} : { patientName }) }
  }
  const due = await recalls(deps, summaries, today)
  const referrals = referralsWithoutOutcome(summaries, now.toISOString())
  const readings = summaries.filter(({ second }) => second !== undefined)
  return {
    recalls: due.slice(0, MOST_ROWS), referrals: referrals.slice(0, MOST_ROWS).map(rowOf), readings: readings.slice(0, MOST_ROWS).map(rowOf),
    totals: { recalls: due.length, referrals: referrals.length, readings: readings.length },
    rates: ungradableRates(lately), days: countsByDay(lately, now, PLOT_DAYS), system: await deps.system(), devices: deps.devices.status(), today
  }
}

/** The work list of the clinic. */
export const workRoutes = (deps: Deps): Route[] => [
  { method: 'GET', path: '/work', access: 'read', audit: 'work.view', handle: async (request) => sendHtml(request, workPage(pageContext(deps, request), await modelOf(deps))) }
]
