import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import type { Patient } from '../domain/patient.js'
import type { Study } from '../domain/study.js'
import type { Clock } from '../platform/clock.js'
import { studyReportPdf } from '../report/pdf.js'
import type { StudyStore } from '../store/study-store.js'

type ReportParts = { readonly store: StudyStore; readonly config: Config; readonly clock: Clock }

/** The printable report of a study, with the pictures that its reading left. */
export async function reportOf({ store, config, clock }: ReportParts, study: Study, patient: Patient | undefined): Promise<Buffer> {
  const derived = (role: 'preview' | 'heatmap') => study.reading?.derived.find((file) => file.role === role)?.name
  const load = async (name: string | undefined) => (name === undefined ? undefined : readFile(join(store.derivedFolder(study.id), name)).catch(() => undefined))
  return studyReportPdf({
    study, patient, image: await load(derived('preview')), heatmap: await load(derived('heatmap')),
    siteName: config.siteName, locale: 'en', generatedAt: clock.now().toISOString()
  })
}
