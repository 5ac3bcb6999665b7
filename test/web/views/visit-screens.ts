import type { Visit } from '../../../src/domain/visit.js'
import type { VideoSession } from '../../../src/domain/video-session.js'
import { takeOf } from '../../../src/domain/visit.js'
import type { Html } from '../../../src/web/views/html.js'
import type { PageContext } from '../../../src/web/views/page.js'
import { importPage } from '../../../src/web/views/visits/import.js'
import { visitsPage } from '../../../src/web/views/visits/list.js'
import { probePage } from '../../../src/web/views/visits/probe.js'
import type { StationView } from '../../../src/web/views/visits/station.js'
import { viewPage } from '../../../src/web/views/visits/view.js'
import { visitPage } from '../../../src/web/views/visits/visit.js'
import { whosePage } from '../../../src/web/views/visits/whose.js'
import { NOW, clip, otherPatient, patient, positiveChest, summaryOf, urgentFundus } from './samples.js'

const visit: Visit = {
  formatVersion: 1, id: 'V-20261121-0A1B2C3D', revision: 3, patientId: patient.id, openedBy: 'amina', openedAt: NOW, timeUncertain: false, deviceNumbers: [],
  claims: [{ station: 'camera', by: 'amina', usedAt: NOW, take: takeOf('eye-left')! }, { station: 'dicom:PROBE', by: 'amina', usedAt: NOW }],
  steps: [{ instanceUid: '1.2', station: 'dicom:PROBE', status: 'in-progress', startedAt: NOW, changedAt: NOW }]
}
const other: Visit = { ...visit, id: 'V-20261121-0A1B2C3E', patientId: otherPatient.id, claims: [], steps: [] }
const station = (over: Partial<StationView>): StationView => ({ id: 'camera', deviceId: 'camera', name: 'camera', kind: 'video', state: 'connected', commands: ['capture', 'freeze'], hasPreview: true, ...over })
const session: VideoSession = { type: 'video', width: 960, height: 540, framesPerSecond: 12, frozen: false, recording: false, captured: 0 }
const cut: VideoSession = { ...session, view: { keep: [[0.2, 0.1], [0.8, 0.1], [0.9, 0.9], [0.1, 0.9]], mask: [[0.4, 0.2, 0.1, 0.05]] } }
const stations = [
  station({ video: session }), station({ id: 'dicom:PROBE', deviceId: 'dicom', name: 'PROBE', kind: 'dicom', commands: [], hasPreview: false }),
  station({ id: 'dicom:XRAY', deviceId: 'dicom', name: 'XRAY', kind: 'dicom', commands: [], hasPreview: false, heldBy: { name: 'Grace <b>', since: NOW } }), station({ id: 'stick', deviceId: 'stick', name: 'stick', kind: 'mass-storage', state: 'failed', commands: ['import'], hasPreview: false })
]
const nameOf = (name: string): string => name
const model = { visit, patient, openedBy: 'Amina Odhiambo', nameOf, stations, silent: ['dicomweb'], rows: [{ summary: summaryOf(urgentFundus) }, { summary: summaryOf(clip) }], holds: (id: string) => id === 'camera' }

type Screen = { readonly name: string; readonly path: string; readonly render: (page: PageContext) => Html }

/** The screens of visits with made-up content. */
export const visitScreens: readonly Screen[] = [
  { name: 'visits', path: '/visits', render: (page) => visitsPage(page, { open: [{ visit, patient, openedBy: 'Amina Odhiambo', nameOf }, { visit: other, patient: otherPatient, openedBy: 'dicom:PROBE', nameOf }], today: [otherPatient], expected: [{ item: { patientId: 'C17', patientName: 'Asa <b> Phantom', sex: 'F', birthDate: '1980-02-03', date: '2026-11-21', time: '10:00' }, what: ['Chest X-ray, PA'] }, { item: { patientId: 'C18', patientName: 'X', date: '2026-11-21' }, what: [], patient }], waiting: 2, text: 'gr', found: [patient] }) },
  { name: 'visit', path: `/visits/${visit.id}`, render: (page) => visitPage(page, model) },
  { name: 'visit-refused', path: `/visits/${visit.id}/hold`, render: (page) => visitPage(page, { ...model, visit: { ...visit, claims: [] }, rows: [], refused: stations[2]! }) },
  { name: 'visit-over', path: `/visits/${visit.id}`, render: (page) => visitPage(page, { ...model, visit: { ...visit, claims: [], closedAt: NOW, closedBy: 'amina' } }) },
  { name: 'whose', path: '/whose', render: (page) => whosePage(page, [
    { from: 'XRAY', study: { ...positiveChest, patientId: undefined, questions: [{ code: 'whose-is-this', text: 'Say whose.' }] }, choices: [{ visit, patient, proposed: true }, { visit: other, patient: otherPatient, proposed: false }] },
    { from: 'Tablet <b>', study: { ...urgentFundus, patientId: undefined }, choices: [] }
  ]) },
  { name: 'import', path: '/devices/stick', render: (page) => importPage(page, {
    deviceId: 'stick', holder: { visitId: visit.id, name: patient.name }, session: { type: 'import', media: [
      { id: 'm1', phase: 'ready', pictures: 2, taken: 1 }, { id: 'm2', phase: 'interrupted', import: { wanted: 9, done: 4, failed: [{ name: 'a.jpg', problem: { code: 'io-error', message: 'Unreadable.' } }], failures: 1, quarantined: 0 } }
    ] },
    files: new Map([['m1', [{ key: '0123456789abcdef', name: 'OD <x>.jpg', folder: 'DCIM', bytes: 2e6, modifiedAt: NOW, laterality: 'R', taken: false }, { key: '0123456789abcde0', name: 'OS.jpg', folder: 'DCIM', bytes: 2e6, modifiedAt: NOW, taken: true }]]])
  }) },
  { name: 'view', path: '/devices/camera/view', render: (page) => viewPage(page, { deviceId: 'camera', session: cut, visitId: visit.id }) },
  { name: 'view-new', path: '/devices/screen/view', render: (page) => viewPage(page, { deviceId: 'screen', session, problem: 'Draw <b> first.' }) },
  { name: 'probe', path: '/devices/dicom/probe', render: (page) => probePage(page, 'dicom', { ok: false, sentences: ['Nothing answered.'], problem: { code: 'no-answer', message: 'Switch it on.' } }) }
]
