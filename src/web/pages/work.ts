import type { StudySummary } from '../../domain/study.js'
import type { RecallCandidate } from '../../programmes/due.js'
import { eyeGaps, recallCandidates, referralsWithoutOutcome } from '../../programmes/due.js'
import { programmeFor } from '../../programmes/programmes.js'
import type { Recall } from '../../programmes/recall.js'
import { recallDue } from '../../programmes/recall.js'
import { countsByDay, ungradableRates } from '../clinic-figures.js'
import type { WebDependencies } from '../dependencies.js'
import { dayOf } from '../register.js'
import type { Caller, Route } from '../route.js'
import { rowsOf } from '../rows.js'
import type { DueRecall, EyeRow, WorkModel } from '../views/work.js'
import { workPage } from '../views/work.js'
import { pageContext, sendHtml } from './respond.js'
import { nameOfUser } from './visits-stations.js'

type Deps = Pick<WebDependencies, 'store' | 'patients' | 'clock' | 'system' | 'devices' | 'access'>

const DAY_MS = 86_400_000
/** Longer than anybody's memory of a referral. Recalls and eyes that are not done have no end: nobody is forgotten because they did not come. */
const LOOK_BACK_DAYS = 420
const RATE_DAYS = 90
const PLOT_DAYS = 30
const SOON_DAYS = 14
const MOST_ROWS = 20
/** Documents read for the exact day of a recall. */
const MOST_READ = 200

/** Overdue for longer, a recall stands below the others, so that whoever moved away does not crowd out whom the clinic can still reach. */
const STALE_DAYS = 365

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

/** Who is due within two weeks or overdue, the longest overdue first but for those of more than a year: the day comes from the document with its answers. */
async function recalls(deps: Deps, summaries: readonly StudySummary[], today: string): Promise<{ readonly due: DueRecall[]; readonly total: number }> {
  const horizon = dayOf(new Date(Date.parse(today) + SOON_DAYS * DAY_MS))
  const stale = dayOf(new Date(Date.parse(today) - STALE_DAYS * DAY_MS))
  const byDay = (a: string, b: string): number => Number(a < stale) - Number(b < stale) || (a < b ? -1 : 1)
  const near = recallCandidates(summaries, excusesOf(deps)).filter(({ earliest }) => earliest <= horizon).toSorted((a, b) => byDay(a.earliest, b.earliest))
  const found = await Promise.all(near.slice(0, MOST_READ).map(async (candidate): Promise<DueRecall[]> => {
    const { studyId, patientId } = candidate
    const [due, patient] = [await dueOf(deps, candidate), deps.patients.find(patientId)]
    return due && patient && due.dueOn <= horizon ? [{ patientId: patient.id, patientName: patient.name, dueOn: due.dueOn, overdue: due.dueOn < today, studyId }] : []
  }))
  const due = found.flat().toSorted((a, b) => byDay(a.dueOn, b.dueOn))
  return { due, total: due.length + Math.max(0, near.length - MOST_READ) }
}

/** The form is filled in at one photo and speaks for the person: of all photos of the round the soonest day counts. */
async function dueOf({ store }: Deps, { studyId, round, level }: RecallCandidate): Promise<Recall | undefined> {
  const [newest, ...others] = await Promise.all([studyId, ...round.filter((id) => id !== studyId)].map((id) => store.read(id).catch(() => undefined)))
  const programme = programmeFor(newest?.modality)
  if (!newest || !programme) return undefined
  const days = [newest, ...others].flatMap((study) => recallDue(programme, { level, answers: study?.programmeAnswers?.answers ?? {}, at: newest.receivedAt }) ?? [])
  return days.toSorted((a, b) => (a.dueOn < b.dueOn ? -1 : 1))[0]
}

const excusesOf = ({ patients }: Deps) => (id: string) => patients.find(id)?.eyeExcuses

function eyes(deps: Deps, summaries: readonly StudySummary[]): EyeRow[] {
  return eyeGaps(summaries, excusesOf(deps)).flatMap((gap) => { const patient = deps.patients.find(gap.patientId); return patient ? [{ ...gap, patientName: patient.name }] : [] })
}

async function modelOf(deps: Deps, caller: Caller | undefined): Promise<WorkModel> {
  const now = deps.clock.now()
  const today = dayOf(now)
  const all = since(deps.store, 0)
  // What came by a clock in 1970 and could not be put right is as old as nobody knows: its referral is not forgotten.
  const summaries = all.filter(({ receivedAt, timeUncertain }) => timeUncertain || now.getTime() - Date.parse(receivedAt) <= LOOK_BACK_DAYS * DAY_MS)
  const lately = summaries.filter(({ receivedAt }) => now.getTime() - Date.parse(receivedAt) <= RATE_DAYS * DAY_MS)
  const rowOf = rowsOf(deps, caller)
  const { due, total } = await recalls(deps, all, today)
  const gaps = eyes(deps, all)
  const referrals = referralsWithoutOutcome(summaries, now.toISOString())
  const readings = summaries.filter(({ second }) => second !== undefined)
  return {
    recalls: due.slice(0, MOST_ROWS), eyes: gaps.slice(0, MOST_ROWS), referrals: referrals.slice(0, MOST_ROWS).map((one) => rowOf(one)), readings: readings.slice(0, MOST_ROWS).map((one) => rowOf(one)),
    totals: { recalls: total, eyes: gaps.length, referrals: referrals.length, readings: readings.length },
    rates: ungradableRates(lately, (id) => nameOfUser(deps, id)), days: countsByDay(lately, now, PLOT_DAYS), system: await deps.system(), devices: deps.devices.status(), today
  }
}

/** The work list of the clinic. */
export const workRoutes = (deps: Deps): Route[] => [
  { method: 'GET', path: '/work', access: 'read', audit: 'work.view', handle: async (request) => sendHtml(request, workPage(pageContext(deps, request), await modelOf(deps, request.caller))) }
]
