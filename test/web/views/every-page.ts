import type { Html } from '../../../src/web/views/html.js'
import { boxPage } from '../../../src/web/views/box.js'
import type { BoxModel } from '../../../src/web/views/box.js'
import { capturePage } from '../../../src/web/views/capture.js'
import type { ListModel } from '../../../src/web/views/list.js'
import { listPage } from '../../../src/web/views/list.js'
import { mergePage, mergeSearchPage } from '../../../src/web/views/merge.js'
import { mergedPatientPage, patientPage } from '../../../src/web/views/patient.js'
import { editPatientPage, newPatientPage, patientsPage, valuesOf } from '../../../src/web/views/patients.js'
import { eyePhotoOf, eyesVerdict } from '../../../src/programmes/eyes.js'
import { quarantinePage } from '../../../src/web/views/quarantine.js'
import { loginPage, setupPage } from '../../../src/web/views/sign-in.js'
import { trustPage } from '../../../src/web/views/trust.js'
import { studyPage } from '../../../src/web/views/study/study.js'
import type { SystemModel } from '../../../src/web/views/system.js'
import { systemPage } from '../../../src/web/views/system.js'
import type { UplinkModel } from '../../../src/web/views/uplink.js'
import type { RoleName } from '../../../src/web/views/users.js'
import { uplinkPage } from '../../../src/web/views/uplink.js'
import { usersPage } from '../../../src/web/views/users.js'
import { practicePage, tourPage } from '../../../src/web/views/practice.js'
import type { StudyRow } from '../../../src/web/views/row.js'
import { registerPage } from '../../../src/web/views/register.js'
import type { WorkModel } from '../../../src/web/views/work.js'
import { workPage } from '../../../src/web/views/work.js'
import type { PageContext } from '../../../src/web/views/page.js'
import type { Study } from '../../../src/domain/study.js'
import { NOW, clip, failed, otherPatient, pageFor, patient, pending, positiveChest, question, routineFundus, studies, summaryOf, ungradableFundus, urgentFundus } from './samples.js'
import { visitScreens } from './visit-screens.js'

const counts = { all: 8, urgent: 2, question: 1, ungradable: 1, unattached: 5, failed: 1 } as const
const nameOf = (id: string | undefined): string | undefined => [patient, otherPatient].find((person) => person.id === id)?.name

export const listModel: ListModel = {
  rows: studies.map((study) => ({ summary: summaryOf(study), patientName: nameOf(study.patientId) })), filter: 'all', order: 'urgency', counts, next: 'abc', arrival: { dicom: 'SCREENPOST@192.168.7.1:11112' }
}

export const systemModel: SystemModel = {
  quarantined: 2,
  devices: [
    { id: 'dicom', kind: 'dicom', state: 'connected', detail: 'AE title SCREENPOST, port 11112', received: 12, lastArrivalAt: NOW },
    { id: 'inbox', kind: 'watched-folder', state: 'failed', received: 0, problem: { code: 'no-folder', message: 'The folder is gone. Plug the disk in again.' } }
  ],
  reader: { provider: 'cpu', alive: true, restarts: 1, packs: [
    { id: 'fundus-dr', version: '1.0.0', sha256: 'ab'.repeat(32), inService: true, task: 'ordinal-grade', modality: 'fundus' },
    { id: 'cxr-tb', version: '1.0.0', inService: false, task: 'findings', modality: 'cxr', problem: { code: 'hash', message: 'The model file does not match its hash. Install the pack again.' } }
  ] },
  system: { version: '0.1.0', siteName: 'Kondele clinic', startedAt: NOW, clockTrusted: false, disk: { freeBytes: 41e9, warnBytes: 2e9, reserveBytes: 2.7e8 }, dicom: 'SCREENPOST@192.168.7.1:11112', warnings: [{ code: 'clock', message: 'The clock is not sure. Set the time.' }] }
}

export const boxModel: BoxModel = {
  box: {
    clinic: 'Kondele clinic', timezone: 'Africa/Nairobi', timezones: ['UTC', 'Africa/Nairobi'], wifi: { name: 'Kliniki', country: 'KE', channel: 6 }, wired: 'clinic', savePower: true, powerModes: [{ id: 0, name: '15W' }, { id: 1, name: '25W' }], powerMode: 1,
    programmes: [{ id: 'tuberculosis', runs: true }, { id: 'lung-ultrasound', runs: false }], devices: [{ id: 'dicom', kind: 'dicom' }, { id: 'film', kind: 'serial-digitizer' }], destinations: [{ id: 'pacs', kind: 'dicom' }],
    deviceKinds: ['dicom', 'serial-digitizer'], destinationKinds: ['dicom', 'relay'], plugged: ['/dev/serial/by-id/usb-Film_Digitizer_7-if00']
  },
  refused: { part: 'add-device', problems: [{ code: 'bad-options', path: 'devices[2].options.path', message: 'expected a path' }], values: { 'device-kind': 'serial-digitizer', 'device-id': 'film-2' } }
}

export const uplinkModel: UplinkModel = {
  destinations: [
    { id: 'pacs', kind: 'dicom', address: 'ORTHANC@10.0.0.5:4242', reachable: true, outstanding: 12, sent: 1, accepted: 4, committed: 310, needsPerson: 2, lastSuccessAt: NOW, waitingFor: 'hours', problem: { code: 'identity-changed', message: 'The patient was changed after sending. Ask the PACS to correct or delete the objects 2.25.1, 2.25.2.' } },
    { id: 'openmrs', kind: 'fhir', address: 'https://records.example', reachable: false, outstanding: 3, sent: 0, accepted: 0, committed: 0, needsPerson: 0, problem: { code: 'unreachable', message: 'records.example can not be reached. Check address, port and link.' } }
  ],
  toDo: new Map([['pacs', { correct: ['20260304-7Q2MNB4X', '20260304-8Q2MNB4X'], resend: 1 }]]),
  tested: { id: 'pacs', ok: true, lines: ['ORTHANC@10.0.0.5:4242 answers in 3 ms; sends images, sr', 'Comprehensive SR: taken'] }
}

export const workModel: WorkModel = {
  recalls: [{ patientId: patient.id, patientName: patient.name, dueOn: '2026-11-01', overdue: true, studyId: routineFundus.id }, { patientId: otherPatient.id, patientName: otherPatient.name, dueOn: '2026-12-01', overdue: false, studyId: routineFundus.id }],
  eyes: [{ patientId: patient.id, patientName: patient.name, code: 'eyes-incomplete', since: '2026-11-20T08:00:00.000Z' }],
  referrals: [{ summary: summaryOf(urgentFundus), patient }], readings: [{ summary: { ...summaryOf(urgentFundus), id: '20261121-AAAAAAB1', second: { state: 'wanted', first: 'dr.mutai' } } }], totals: { recalls: 2, eyes: 1, referrals: 1, readings: 1 },
  rates: { operators: [{ name: 'amina', images: 40, ungradable: 12 }, { name: 'grace', images: 55, ungradable: 3 }], devices: [{ name: 'eye-camera', images: 95, ungradable: 15 }] },
  days: Array.from({ length: 30 }, (_, index) => ({ day: `2026-11-${String((index % 30) + 1).padStart(2, '0')}`, urgent: index % 3, soon: index % 4, routine: (index * 7) % 11, none: index % 2 })),
  system: { ...systemModel.system, power: { onMains: false, chargePercent: 74 }, destinations: [{ id: 'pacs', kind: 'dicom', address: 'PACS@10.0.0.5:104', reachable: false, outstanding: 12, sent: 0, accepted: 30, committed: 28, needsPerson: 1, lastSuccessAt: NOW }] },
  devices: systemModel.devices, today: '2026-11-21'
}

const modelOf = (study: Study): Parameters<typeof studyPage>[1] => ({
  study, patient: [patient, otherPatient].find((person) => person.id === study.patientId), others: study === urgentFundus ? [summaryOf(routineFundus)] : [], failedTries: study === ungradableFundus ? 2 : 0,
  packs: [{ id: 'fundus-dr', modality: 'fundus' }, { id: 'cxr-tb', modality: 'cxr' }, { id: 'lung-us', modality: 'ultrasound' }]
})

const eyesOf = (...photos: readonly Study[]) => eyesVerdict(photos.flatMap((study) => eyePhotoOf(study) ?? []))

const rowOf = (study: Study, ...photos: readonly Study[]): StudyRow => {
  const eyes = study.modality === 'fundus' ? eyesOf(...photos) : undefined
  return { summary: summaryOf(study), patient, ...(eyes ? { eyes } : {}) }
}

type Screen = { readonly name: string; readonly path: string; readonly render: (page: PageContext) => Html }

const studyScreens: readonly Screen[] = Object.entries({ urgent: urgentFundus, routine: routineFundus, ungradable: ungradableFundus, chest: positiveChest, question, pending, failed, clip })
  .map(([name, study]) => ({ name: `study-${name}`, path: `/studies/${study.id}`, render: (page) => studyPage(page, modelOf(study)) }))

/** Every screen with made-up content; the preview photographs them and the tests render them for each role. */
export const screens: readonly Screen[] = [
  { name: 'list', path: '/', render: (page) => listPage(page, listModel) },
  { name: 'list-empty', path: '/?empty', render: (page) => listPage(page, { ...listModel, rows: [], next: undefined }) },
  ...studyScreens, ...visitScreens,
  { name: 'uplink', path: '/uplink', render: (page) => uplinkPage(page, uplinkModel) },
  { name: 'patients', path: '/patients', render: (page) => patientsPage(page, { text: 'gr', found: [patient, otherPatient] }) },
  { name: 'patient-new', path: '/patients/new', render: (page) => newPatientPage(page, { values: {}, errors: { name: 'Write the name.' }, studyId: positiveChest.id, similar: [patient] }) },
  { name: 'patient', path: `/patients/${patient.id}`, render: (page) => patientPage(page, { patient, rows: [urgentFundus, routineFundus, clip].map((study) => rowOf(study, urgentFundus, routineFundus)), eyes: eyesOf(urgentFundus, routineFundus), also: [otherPatient] }) },
  { name: 'patient-one-eye', path: `/patients/${otherPatient.id}`, render: (page) => patientPage(page, { patient: otherPatient, rows: [rowOf(ungradableFundus, ungradableFundus)], eyes: eyesOf(ungradableFundus) }) },
  { name: 'patient-edit', path: `/patients/${patient.id}/edit`, render: (page) => editPatientPage(page, { record: patient, values: valuesOf(patient, page.now), errors: {}, conflict: true }) },
  { name: 'patient-merge', path: `/patients/${patient.id}/merge`, render: (page) => mergeSearchPage(page, patient, [otherPatient]) },
  { name: 'patient-compare', path: `/patients/${patient.id}/merge?with`, render: (page) => mergePage(page, { keep: patient, duplicate: otherPatient, images: { keep: 2, duplicate: 1 } }) },
  { name: 'patient-merged', path: `/patients/${otherPatient.id}`, render: (page) => mergedPatientPage(page, { ...otherPatient, merged: { into: patient.id, at: NOW, by: 'dr.mutai', studies: [] }, history: [{ at: NOW, event: 'merged-into', by: 'dr.mutai' }] }) },
  { name: 'work', path: '/work', render: (page) => workPage(page, workModel) },
  { name: 'tour', path: '/tour', render: (page) => tourPage(page) },
  { name: 'practice', path: '/practice/1', render: (page) => practicePage(page, { number: 1, of: 8, shown: { modality: 'fundus', todo: 'soon', because: 'triage.dr-moderate' } }) },
  { name: 'practice-told', path: '/practice/8?answer', render: (page) => practicePage(page, { number: 8, of: 8, shown: { modality: 'fundus', todo: 'again', because: 'retake.fundus.too-dark' }, answer: 'soon' }) },
  { name: 'register', path: '/register', render: (page) => registerPage(page, { day: '2026-11-21', entries: studies.map((study) => ({ summary: summaryOf(study), ...(study.patientId === patient.id ? { patient } : {}) })) }) },
  { name: 'capture', path: '/capture', render: (page) => capturePage(page, { patient, done: [{ name: 'eye.jpg', text: 'Received.', href: '/studies/x', good: true }, { name: 'notes.txt', text: 'Not an image.', good: false }] }) },
  { name: 'quarantine', path: '/quarantine', render: (page) => quarantinePage(page, [{ id: 'q1', at: NOW, problem: { code: 'not-an-image', message: 'no' }, bytes: 1200, originalName: 'notes.dcm', source: { kind: 'dicom', deviceId: 'inbox' } }]) },
  { name: 'system', path: '/system', render: (page) => systemPage(page, systemModel) },
  { name: 'box', path: '/box', render: (page) => boxPage(page, boxModel) },
  { name: 'users', path: '/users', render: (page) => usersPage(page, { users: [{ id: 'admin', name: 'Peter Test', role: 'admin', disabled: false }, { id: 'amina', name: 'Amina Odhiambo', role: 'operator', disabled: false, lockedUntil: '2026-11-21T11:00:00.000Z' }], tokens: [{ id: 't1', role: 'viewer', label: 'district dashboard', createdAt: NOW, createdBy: 'admin' }], values: {} }) }
]

export const publicScreens: readonly Screen[] = [
  { name: 'login', path: '/login', render: (page) => loginPage(page, { error: 'User name or PIN is wrong.', setupNeeded: true }) },
  { name: 'setup', path: '/setup', render: (page) => setupPage(page, { values: {} }) },
  { name: 'trust', path: '/trust', render: (page) => trustPage(page, { siteName: 'Kondele clinic', version: '0.1.0' }) }
]

export function renderScreen(screen: Screen, role: RoleName | undefined): string {
  return screen.render(pageFor(role, screen.path.split('?')[0] ?? '/')).markup
}
