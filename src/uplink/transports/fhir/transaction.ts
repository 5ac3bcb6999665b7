import type { Bundle, BundleEntry, FhirResource } from 'fhir/r4.js'

type Identified = { readonly identifier?: { readonly system?: string; readonly value?: string } | readonly { readonly system?: string; readonly value?: string }[] }

/**
 * The bundle as a transaction that may be repeated: an entry that says nothing else is created only where no resource has its identifier
 * (conditional create, FHIR R4 http.html 3.1.0.7.1). An entry without identifier is created each time, so bundles give each one.
 */
export function asTransaction(bundle: Bundle): Bundle {
  return { ...bundle, type: bundle.type === 'batch' ? 'batch' : 'transaction', entry: (bundle.entry ?? []).map(withRequest) }
}

function withRequest(entry: BundleEntry<FhirResource>): BundleEntry<FhirResource> {
  if (entry.request || !entry.resource) return entry
  const { resourceType } = entry.resource
  const query = identifierQuery(entry.resource as Identified)
  return { ...entry, request: { method: 'POST', url: resourceType, ...(query === undefined ? {} : { ifNoneExist: query }) } }
}

function identifierQuery({ identifier }: Identified): string | undefined {
  const first = [identifier ?? []].flat()[0]
  if (first?.value === undefined) return undefined
  return `identifier=${encodeURIComponent(first.system ?? '')}|${encodeURIComponent(first.value)}`
}

/** A bundle as it came; undefined when it is none. */
export function readBundle(file: Uint8Array): Bundle | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('utf8')) as { readonly resourceType?: unknown } | null
    return parsed?.resourceType === 'Bundle' ? (parsed as Bundle) : undefined
  } catch {
    return undefined
  }
}

/** The worst status that a server says of entries in its answer, or undefined where it names none. */
export function worstStatus(text: string): number | undefined {
  const answer = readBundle(Buffer.from(text))
  const entries: unknown = answer?.entry
  const statuses = (Array.isArray(entries) ? entries as ({ readonly response?: { readonly status?: unknown } | null } | null)[] : []).map((entry) => Number.parseInt(String(entry?.response?.status), 10)).filter((status) => Number.isFinite(status))
  return statuses.length === 0 ? undefined : Math.max(...statuses)
}
