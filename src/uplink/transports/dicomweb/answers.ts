/** The first value of an attribute of DICOM JSON (PS3.18 F), where it is text. */
export const valueOf = (item: unknown, tag: string): string | undefined => {
  const value = (item as Record<string, { readonly Value?: readonly unknown[] } | undefined> | null)?.[tag]?.Value?.[0]
  return typeof value === 'string' ? value : undefined
}

/** What a search answered; nothing where it is no JSON list. */
export function listOf(text: string): readonly unknown[] {
  try {
    const parsed = JSON.parse(text) as unknown
    return Array.isArray(parsed) ? (parsed as unknown[]) : []
  } catch {
    return []
  }
}
