import type { Finding, Triage } from '../../domain/finding.js'
import type { Patient } from '../../domain/patient.js'
import type { Study, StudySummary } from '../../domain/study.js'
import { verdictOf } from '../../domain/study.js'

/** One entry of the list; `study` is undefined when its document is damaged (the summary still tells of it). */
export function studyLineJson(summary: StudySummary, study: Study | undefined, patient: Patient | undefined) {
  return {
    id: summary.id, state: summary.state, modality: summary.modality ?? null, laterality: summary.laterality ?? null,
    receivedAt: summary.receivedAt, revision: summary.revision,
    patient: patient ? { id: patient.id, name: patient.name, ...(patient.identifier ? { identifier: patient.identifier } : {}) } : null,
    triage: study ? triageJson(study) : null, findings: findingsJson(study),
    gradable: summary.gradable ?? null, reviewed: summary.reviewed, deviceId: summary.deviceId
  }
}

/** Everything that is known, with the verdict in force as `triage` (the pack's own stays in `packTriage`) and where the pictures are. */
export function studyJson(study: Study, patient: Patient | undefined) {
  const at = `/api/v1/studies/${study.id}`
  const has = (role: string) => study.reading?.derived.some((file) => file.role === role) ?? false
  return {
    ...study, modality: study.modality ?? null, findings: findingsJson(study), triage: triageJson(study), packTriage: study.triage ?? null, patient: patient ?? null,
    links: {
      self: at, object: `${at}/object`, report: `${at}/report.pdf`,
      ...(has('full') || has('preview') ? { image: `${at}/image` } : {}), ...(has('thumbnail') ? { thumbnail: `${at}/thumbnail` } : {}),
      ...(has('heatmap') ? { heatmap: `${at}/heatmap` } : {})
    }
  }
}

const findingsJson = (study: Study | undefined): readonly Finding[] => study?.reading?.findings ?? []

/** What was decided while it is being read again is no verdict. */
function triageJson(study: Study): Triage | null {
  return study.state === 'received' || study.state === 'analysing' ? null : (verdictOf(study) ?? null)
}
