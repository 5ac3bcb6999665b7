/** What became of one part of a request; without `failure` (PS3.4 B.2.3 status, 0xA700...) it is stored. */
export type InstanceResult = { readonly sopClassUid?: string; readonly sopInstanceUid?: string; readonly failure?: number }

const uid = (value: string | undefined): object => ({ vr: 'UI', ...(value === undefined ? {} : { Value: [value] }) })

/** The Store Instances response (PS3.18 10.5.3 and table 10.5.3-3) in the DICOM JSON model. */
export function storeResponse(results: readonly InstanceResult[]): { status: number; body: string } {
  const failed = results.filter(({ failure }) => failure !== undefined)
  const stored = results.filter(({ failure }) => failure === undefined)
  const reference = ({ sopClassUid, sopInstanceUid }: InstanceResult): object => ({ '00081150': uid(sopClassUid), '00081155': uid(sopInstanceUid) })
  const body = {
    ...(failed.length === 0 ? {} : { '00081198': { vr: 'SQ', Value: failed.map((each) => ({ ...reference(each), '00081197': { vr: 'US', Value: [each.failure] } })) } }),
    ...(stored.length === 0 ? {} : { '00081199': { vr: 'SQ', Value: stored.map(reference) } })
  }
  return { status: statusOf(stored.length, failed), body: JSON.stringify(body) }
}

const OUT_OF_RESOURCES = 0xa700

function statusOf(stored: number, failed: readonly InstanceResult[]): number {
  if (failed.length === 0) return 200
  if (stored > 0) return 202
  return failed.every(({ failure }) => failure === OUT_OF_RESOURCES) ? 507 : 409
}
