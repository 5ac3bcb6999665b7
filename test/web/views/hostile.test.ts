import { describe, expect, it } from 'vitest'
import { listPage } from '../../../src/web/views/list.js'
import { patientPage } from '../../../src/web/views/patient.js'
import { newPatientPage } from '../../../src/web/views/patients.js'
import { quarantinePage } from '../../../src/web/views/quarantine.js'
import { loginPage } from '../../../src/web/views/sign-in.js'
import { studyPage } from '../../../src/web/views/study/study.js'
import { systemPage } from '../../../src/web/views/system.js'
import { usersPage } from '../../../src/web/views/users.js'
import { listModel, systemModel } from './every-page.js'
import { NOW, clip, pageFor, patient, positiveChest, question, summaryOf, ungradableFundus, urgentFundus } from './samples.js'

const EVIL = `"><img src=x onerror=alert(1)><script>alert('x')</script>\u0000`

/** The same value with every free text in it replaced by the attack; codes, ids and times stay. */
function poison<T>(value: T, key = ''): T {
  const keep = ['id', 'state', 'level', 'code', 'role', 'kind', 'modality', 'laterality', 'at', 'receivedAt', 'startedAt', 'lastArrivalAt', 'createdAt', 'birthDate', 'sex', 'filter', 'order', 'action', 'content', 'provider', 'event', 'triageLevel', 'lockedUntil', 'onDate', 'patientId']
  if (typeof value === 'string') return (keep.includes(key) ? value : EVIL) as T
  if (Array.isArray(value)) return value.map((item: unknown) => poison(item, key)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poison(item, name)])) as T
}

const page = pageFor('clinician', '/', { flash: { kind: 'bad', text: EVIL }, csrf: EVIL, caller: { id: 'x', name: EVIL, role: 'clinician' } })
const model = (study: typeof urgentFundus) => poison({ study, patient, others: [summaryOf(urgentFundus)], failedTries: 1, packs: [{ id: 'p', modality: 'odd' }] })

const pages = {
  list: listPage(page, poison(listModel)), patient: patientPage(page, poison({ patient, rows: [{ summary: summaryOf(urgentFundus) }] })),
  'new patient': newPatientPage(page, { values: { name: EVIL, phone: EVIL }, errors: { name: EVIL, '': EVIL }, similar: [poison(patient)], studyId: EVIL }),
  quarantine: quarantinePage(page, [poison({ id: 'q', at: NOW, problem: { code: 'new-code', message: '' }, bytes: 1, originalName: 'x', source: { kind: 'dicom', deviceId: 'd' } })]),
  login: loginPage(page, { user: EVIL, error: EVIL, next: EVIL }), system: systemPage(page, poison(systemModel)),
  users: usersPage(page, poison({ users: [{ id: 'a', name: 'b', role: 'admin' as const, disabled: false }], tokens: [{ id: 't', role: 'viewer' as const, label: 'l', createdAt: NOW, createdBy: 'c' }], values: { name: '', id: '' }, error: 'e' })),
  ...Object.fromEntries(Object.entries({ urgentFundus, positiveChest, question, clip, ungradableFundus }).map(([name, study]) => [name, studyPage(page, model(study), { reason: EVIL, text: EVIL, error: EVIL })]))
}

describe.each(Object.entries(pages))('hostile text on the page %s', (_name, page) => {
  it('stays text', () => {
    expect(page.markup).toContain('&lt;script&gt;')
    expect(page.markup).not.toMatch(/<img src=x|<script>|onerror=alert\(1\)>(?!&)/)
    expect(page.markup.includes('\u0000')).toBe(false)
    expect(page.markup.replace(/<[a-z!/](?:[^<>"]|"[^"]*")*>/gi, '')).not.toMatch(/[<>]/)
  })
})
