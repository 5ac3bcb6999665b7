import type { DiagnosticReport, ImagingStudy, Observation, Patient } from 'fhir/r4.js'
import { describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
import { fhirBundle } from '../../src/report/fhir.js'
import { identityOf } from '../../src/report/identity.js'
import { reportContentHash } from '../../src/report/report-revision.js'
import { samplePatient, sampleStudy } from './sample-study.js'

const image = { sopClassUid: '1.2.840.10008.5.1.4.1.1.77.1.5.1', sopInstanceUid: '2.25.1', seriesInstanceUid: '2.25.2' }
const bundleOf = (study: Study) => fhirBundle({
  study, identity: identityOf(study, samplePatient), siteName: 'Hillside Clinic', softwareVersion: '0.1.0', at: '2026-03-04T10:00:00.000Z', bundleUid: '2.25.9', image, dicomModality: 'OP'
})
const resource = <T>(study: Study, kind: string): T[] => bundleOf(study).entry!.map((entry) => entry.resource as { resourceType: string }).filter(({ resourceType }) => resourceType === kind) as T[]

describe('a study for a record system', () => {
  const bundle = bundleOf(sampleStudy)

  it('holds patient, image, findings and report, each updated by what it is known as', () => {
    expect(bundle.entry!.map((entry) => entry.resource!.resourceType)).toEqual(['Patient', 'ImagingStudy', 'Observation', 'Observation', 'DiagnosticReport'])
    for (const { request } of bundle.entry!) expect(request).toMatchObject({ method: 'PUT', url: expect.stringMatching(/^\w+\?identifier=.+%7C.+/) as string })
    expect(bundleOf(sampleStudy)).toEqual(bundle)
  })

  it('refers to nothing that is not in it', () => {
    const names = new Set(bundle.entry!.map(({ fullUrl }) => fullUrl))
    const references = [...JSON.stringify(bundle).matchAll(/"reference":"([^"]+)"/g)].map(([, url]) => url)
    expect(references.length).toBeGreaterThan(6)
    expect(references.filter((url) => !names.has(url))).toEqual([])
    expect(names.size).toBe(bundle.entry!.length)
  })

  it('says who, which side, the score with its threshold, and that a person decided', () => {
    expect(resource<Patient>(sampleStudy, 'Patient')[0]).toMatchObject({ name: [{ text: 'Phantom Person' }], gender: 'female', birthDate: '1961-05-17', identifier: [{ value: 'C-0042' }] })
    expect(resource<ImagingStudy>(sampleStudy, 'ImagingStudy')[0]).toMatchObject({ series: [{ uid: '2.25.2', laterality: { code: '24028007' }, instance: [{ uid: '2.25.1' }] }] })
    const [positive, negative] = resource<Observation>(sampleStudy, 'Observation')
    expect(positive).toMatchObject({ status: 'final', valueBoolean: true, component: [{ valueQuantity: { value: 0.83 } }, { valueQuantity: { value: 0.42 } }], method: { text: expect.stringContaining('dr-fundus 0.1.0') as string } })
    expect(negative).toMatchObject({ valueBoolean: false, interpretation: [{ coding: [{ code: 'NEG' }] }] })
    expect(resource<DiagnosticReport>(sampleStudy, 'DiagnosticReport')[0]).toMatchObject({ status: 'final', conclusion: expect.stringContaining('urgent: Haemorrhage near the macula') as string, issued: '2026-03-04T10:00:00.000Z' })
  })

  it('says of a film that the age was not known, and is another report once it is', () => {
    const film: Study = { ...sampleStudy, modality: 'cxr', reviews: [], triage: { level: 'routine', text: 'No sign of tuberculosis.' } }
    const asked: Study = { ...film, questions: [{ code: 'age-unknown', text: 'How old?' }] }
    const conclusion = (study: Study) => resource<DiagnosticReport>(study, 'DiagnosticReport')[0]?.conclusion
    expect(conclusion(asked)).toContain('routine: The age of the patient is not known. Chest images are read from age 15. No sign of tuberculosis.')
    expect(conclusion(film)).not.toContain('not known')
    expect(reportContentHash(asked, identityOf(asked, samplePatient))).not.toBe(reportContentHash(film, identityOf(film, samplePatient)))
  })

  it('says of a clear eye that it is one eye only', () => {
    const clear: Study = { ...sampleStudy, reviews: [], triage: { level: 'routine', text: 'Nothing to refer.', code: 'dr-none' } }
    const conclusion = (study: Study) => resource<DiagnosticReport>(study, 'DiagnosticReport')[0]?.conclusion
    expect(conclusion(clear)).toContain('routine: Nothing to refer. This is one eye only: the result of the person needs both.')
    expect(conclusion({ ...clear, modality: 'cxr' })).not.toContain('one eye')
  })

  it('is preliminary until then, and says why an image could not be read', () => {
    const ungradable: Study = { ...sampleStudy, reviews: [], reading: { ...sampleStudy.reading!, findings: [], pack: null, quality: { gradable: false, score: 0.1, reasons: [{ code: 'blurred', text: 'The picture is blurred.' }] } } }
    const [report] = resource<DiagnosticReport>(ungradable, 'DiagnosticReport')
    expect(report).toMatchObject({ status: 'preliminary', conclusion: expect.stringContaining('blurred') as string, conclusionCode: [{ text: 'Image could not be read' }] })
  })

  it('withdraws what an earlier reading said where a later one is ungradable or of another pack', () => {
    const reports = [{ revision: 1, contentHash: 'a', at: '2026-03-04T09:00:00.000Z', findings: ['dr-referable', 'dr-vision-threatening'] }]
    const identifiers = resource<Observation>(sampleStudy, 'Observation').map(({ identifier }) => identifier![0]!.value)
    const ungradable: Study = { ...sampleStudy, reviews: [], reports, reading: { ...sampleStudy.reading!, findings: [], pack: null, quality: { gradable: false, score: 0.1, reasons: [] } } }
    expect(resource<Observation>(ungradable, 'Observation').map(({ identifier, status }) => [identifier![0]!.value, status])).toEqual(identifiers.map((value) => [value, 'entered-in-error']))
    const [kept] = sampleStudy.reading!.findings
    const otherPack: Study = { ...sampleStudy, reports, reading: { ...sampleStudy.reading!, findings: [kept!] } }
    expect(resource<Observation>(otherPack, 'Observation').map(({ status }) => status)).toEqual(['final', 'entered-in-error'])
    expect(resource<DiagnosticReport>(otherPack, 'DiagnosticReport')[0]?.result).toHaveLength(1)
  })

  it('withdraws the findings of an image that a clinician rejected, or that could not be read again', () => {
    const rejected: Study = { ...sampleStudy, reviews: [{ at: '2026-03-04T09:00:00.000Z', by: 'dr', action: 'reject', reason: 'Lid over the eye.' }] }
    for (const study of [rejected, { ...sampleStudy, reviews: [], state: 'failed' as const }]) {
      expect(resource<Observation>(study, 'Observation').map(({ status }) => status)).toEqual(['entered-in-error', 'entered-in-error'])
      expect(resource<DiagnosticReport>(study, 'DiagnosticReport')[0]?.result).toEqual([])
    }
    expect(resource<DiagnosticReport>(rejected, 'DiagnosticReport')[0]?.conclusion).toMatch(/^none: /)
  })
})
