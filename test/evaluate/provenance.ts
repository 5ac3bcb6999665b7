/** Of an evaluation that nobody made. */
export const provenance = {
  table: 'labels.csv', tableSha256: 'a'.repeat(64), where: ['split=val'], truth: ['tb=label:tb'], patientColumn: 'person', at: '2026-03-01T00:00:00.000Z',
  gate: { id: 'image-gate', version: '0.4.0', sha256: 'b'.repeat(64) }, seed: 7, resamples: 100
}
