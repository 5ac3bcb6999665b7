import type { z } from 'zod'
import type { Route } from '../route.js'
import * as shape from './schemas.js'
import * as visits from './visits-schemas.js'

/** One operation of the API as a person would describe it; statuses are those of success (default 200). */
export type Described = Pick<Route, 'method' | 'path' | 'access'> & {
  readonly summary: string
  readonly answer: string
  readonly input?: z.ZodType
  readonly output?: z.ZodType
  readonly media?: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly statuses?: readonly number[]
  readonly multipart?: boolean
}

const STUDY = '/api/v1/studies/:id'
const study = { answer: 'The study as it stands now', output: shape.study }

const picture = { answer: 'The picture', media: ['image/png', 'image/jpeg', 'image/webp'] }

export const API_TABLE: readonly Described[] = [
  { method: 'GET', path: '/api/v1/studies', access: 'read', summary: 'List studies, the most urgent first', answer: 'One page; `next` is the cursor of the following one, or null', output: shape.studyList,
    query: { state: 'received, needs-input, analysing, ready or failed', modality: 'fundus, cxr or ultrasound', level: 'none, routine, soon, urgent or immediate',
      order: 'urgency (default; a photo of an eye by what both eyes of the person say) or newest', patient: 'Id of a patient', unattached: 'true: only studies of no patient yet', limit: '1 to 200, default 50', cursor: '`next` of the page before' } },
  { method: 'GET', path: STUDY, access: 'read', summary: 'Everything about one study', ...study },
  { method: 'GET', path: `${STUDY}/image`, access: 'read', summary: 'The picture as shown: 8 bit, window applied', ...picture,
    query: { size: 'full (PNG, default) or tablet (longest side 1280)', frame: 'From 0; the first one that was made when left out' } },
  { method: 'GET', path: `${STUDY}/heatmap`, access: 'read', summary: 'Where the network looked: a transparent overlay of the same aspect as the picture', answer: 'The overlay', media: ['image/png'], query: { finding: 'Code of the finding; the first that was found when left out, or the first one where nothing was' } },
  { method: 'GET', path: `${STUDY}/thumbnail`, access: 'read', summary: 'The picture small (longest side 160)', ...picture },
  { method: 'GET', path: `${STUDY}/prior`, access: 'read', summary: 'An earlier image of the patient, of the same kind and side, that the centre\'s archive has', answer: 'The picture', media: ['image/png'] },
  { method: 'GET', path: `${STUDY}/object`, access: 'read', summary: 'The bytes as they were received', answer: 'The object', media: ['application/dicom', 'image/jpeg', 'image/png', 'image/tiff', 'image/bmp'] },
  { method: 'GET', path: `${STUDY}/report.pdf`, access: 'read', summary: 'The report of one study (PDF/A)', answer: 'The report', media: ['application/pdf'], query: { language: 'en, fr, es, pt, sw, hi or ar; the caller\'s own when left out' } },
  { method: 'GET', path: `${STUDY}/letter.pdf`, access: 'read', summary: 'The letter that refers the patient (PDF/A)', answer: 'The letter', media: ['application/pdf'], query: { language: 'As for the report' } },
  { method: 'GET', path: '/api/v1/register.pdf', access: 'read', summary: 'The register of a day (PDF/A)', answer: 'The register', media: ['application/pdf'], query: { day: 'yyyy-mm-dd, today when left out', language: 'As for the report' } },
  { method: 'POST', path: `${STUDY}/attach`, access: 'capture', summary: 'Attach to a patient; null detaches', input: shape.attachInput, ...study },
  { method: 'POST', path: `${STUDY}/review`, access: 'review', summary: 'Accept, change or reject the verdict; change and reject need a reason', input: shape.reviewInput, ...study },
  { method: 'POST', path: `${STUDY}/answer`, access: 'capture', summary: 'Answer what the image does not say; it is read again', input: shape.answerInput, ...study },
  { method: 'POST', path: `${STUDY}/programme`, access: 'capture', summary: 'The answers of the programme that the image belongs to; what they ask for counts beside the image', input: shape.programmeInput, ...study },
  { method: 'POST', path: `${STUDY}/notes`, access: 'capture', summary: 'Add a note', input: shape.noteInput, ...study },
  { method: 'POST', path: `${STUDY}/regions`, access: 'review', summary: 'Mark a place on the picture', input: shape.regionInput, ...study },
  { method: 'POST', path: `${STUDY}/regions/:region/withdraw`, access: 'review', summary: 'Take a marked place off; it stays in the document', input: shape.retryInput, ...study },
  { method: 'POST', path: `${STUDY}/outcomes`, access: 'capture', summary: 'Enter a result that came back later; kinds and values are those of the programme', input: shape.outcomeInput, ...study },
  { method: 'POST', path: `${STUDY}/retry`, access: 'capture', summary: 'Read again', input: shape.retryInput, ...study },
  { method: 'GET', path: '/api/v1/patients', access: 'read', summary: 'The newest patients', answer: 'Patients', output: shape.patientList, query: { limit: '1 to 100, default 20' } },
  { method: 'POST', path: '/api/v1/patients', access: 'capture', summary: 'Register a person', answer: 'The patient, and who may be the same one', input: shape.patientInput, output: shape.patientAnswer, statuses: [201] },
  { method: 'POST', path: '/api/v1/patients/search', access: 'read', summary: 'Search by name in any script, village, identifier or phone', answer: 'The best fits first', input: shape.searchInput, output: shape.patientList },
  { method: 'GET', path: '/api/v1/patients/:id', access: 'read', summary: 'One patient', answer: 'The patient', output: shape.patient },
  { method: 'POST', path: '/api/v1/patients/:id', access: 'capture', summary: 'Correct a person: all facts are replaced by those given', answer: 'The patient', input: shape.patientChange, output: shape.patient },
  { method: 'GET', path: '/api/v1/patients/:id/eyes', access: 'read', summary: 'The verdict of both eyes: the worst eye decides', answer: 'The verdict, or null where no eye was photographed', output: shape.eyesAnswer },
  { method: 'POST', path: '/api/v1/patients/:id/eyes', access: 'capture', summary: 'Why an eye is not photographed; null takes the reason back', answer: 'The patient', input: shape.excuseInput, output: shape.patient },
  { method: 'POST', path: '/api/v1/patients/:id/merge', access: 'review', summary: 'Two records of one person become one: the duplicate gives its studies', answer: 'The patient that stays', input: shape.mergeInput, output: shape.patient },
  { method: 'POST', path: '/api/v1/patients/:id/unmerge', access: 'review', summary: 'Take a merged record apart again', answer: 'The record with its studies back', output: shape.patient },
  { method: 'POST', path: '/api/v1/uploads', access: 'capture', summary: 'Send image files (field `file`, repeatable); the answer comes when all are durable',
    answer: '200: every file taken; 207: look at each outcome; 507: the disk is full', output: shape.uploadAnswer, multipart: true, statuses: [200, 207, 507] },
  { method: 'POST', path: '/stow/studies', access: 'capture', summary: 'DICOMweb STOW-RS: store instances (multipart/related; type="application/dicom")', answer: '200: all stored; 202: some, 409: none (look at the Failed SOP Sequence); 507: the disk is full', media: ['application/dicom+json'], statuses: [200, 202, 409, 507] },
  { method: 'POST', path: '/stow/studies/:study', access: 'capture', summary: 'The same for instances of one study only', answer: 'As for /stow/studies', media: ['application/dicom+json'], statuses: [200, 202, 409, 507] },
  { method: 'POST', path: '/film-photo', access: 'capture', summary: 'A photograph of a film on a light box, as the body of the request; the film in it is read', answer: '201: stored; 413: too large; 422: no picture, in quarantine; 507: the disk is full', media: ['application/json'], statuses: [201, 400, 413, 422, 507] },
  { method: 'OPTIONS', path: '/api/v1/tus', access: 'capture', summary: 'What this tus 1.0 server can do', answer: 'Headers', statuses: [204] },
  { method: 'POST', path: '/api/v1/tus', access: 'capture', summary: 'Begin a resumable upload (tus 1.0; metadata filename, patientId, laterality, takenAt, film: 1 for a photo of a film)', answer: 'Where to send it, in the header Location', statuses: [201] },
  { method: 'HEAD', path: '/api/v1/tus/:upload', access: 'capture', summary: 'How far a resumable upload came', answer: 'The header Upload-Offset' },
  { method: 'PATCH', path: '/api/v1/tus/:upload', access: 'capture', summary: 'Send the next part; the last answer carries what became of the file', answer: '204 in between, 200 with the outcome at the end', statuses: [200, 204] },
  { method: 'DELETE', path: '/api/v1/tus/:upload', access: 'capture', summary: 'Give up a resumable upload', answer: 'Gone', statuses: [204] },
  { method: 'GET', path: '/api/v1/stations', access: 'read', summary: 'What a visit may hold: each device, each sender behind a DICOM or STOW-RS receiver', answer: 'Stations, and the open visit that has each', output: visits.stationList },
  { method: 'GET', path: '/api/v1/visits', access: 'read', summary: 'The open visits, newest first', answer: 'Visits', output: visits.visitList },
  { method: 'POST', path: '/api/v1/visits', access: 'capture', summary: 'Open a visit; the one that the person has open already is answered again', answer: 'The visit', input: visits.visitInput, output: visits.visit },
  { method: 'GET', path: '/api/v1/visits/:id', access: 'read', summary: 'One visit', answer: 'The visit', output: visits.visit },
  { method: 'POST', path: '/api/v1/visits/:id/hold', access: 'capture', summary: 'What comes from a station is of this visit from now on, and shows what is taken; 409 names who has it', answer: 'The visit', input: visits.holdInput, output: visits.visit },
  { method: 'POST', path: '/api/v1/visits/:id/release', access: 'capture', summary: 'Let a station go', answer: 'The visit', input: visits.releaseInput, output: visits.visit },
  { method: 'POST', path: '/api/v1/visits/:id/close', access: 'capture', summary: 'End a visit; its stations are free', answer: 'The visit', output: visits.visit },
  { method: 'GET', path: '/api/v1/devices', access: 'read', summary: 'The devices and how they are', answer: 'Devices', output: shape.deviceList },
  { method: 'GET', path: '/api/v1/packs', access: 'read', summary: 'The packs that read images, and why one is out of service', answer: 'Packs', output: shape.packList },
  { method: 'GET', path: '/api/v1/status', access: 'read', summary: 'How the appliance is', answer: 'Status', output: shape.statusAnswer },
  { method: 'GET', path: '/api/v1/quarantine', access: 'read', summary: 'Files that can not be read, kept with the reason', answer: 'Entries', output: shape.quarantineList },
  { method: 'GET', path: '/api/v1/openapi.json', access: 'read', summary: 'This description', answer: 'OpenAPI 3.1', media: ['application/json'] }
]
