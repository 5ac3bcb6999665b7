import { createHash } from 'node:crypto'

const digest = (data: unknown): string => `sha256:${createHash('sha256').update(JSON.stringify(data)).digest('hex')}`

/** The text of a document file: JSON of `checksum` (over the compact JSON of `data`) and `data`. */
export const renderDocument = (data: unknown): string => `${JSON.stringify({ checksum: digest(data), data }, null, 1)}\n`

/** The content of a document file, or undefined when it is damaged; `signed` is false where a person removed its `checksum` member. */
export function parseDocument(text: string): { data: unknown; signed: boolean } | undefined {
  const parsed = parseObject(text)
  if (!parsed || !('data' in parsed)) return undefined
  if (!('checksum' in parsed)) return { data: parsed['data'], signed: false }
  return parsed['checksum'] === digest(parsed['data']) ? { data: parsed['data'], signed: true } : undefined
}

/** The content of a document, or of plain JSON as an earlier release or a person wrote it; undefined when it is damaged. */
export function readChecked(text: string): unknown {
  const parsed = parseObject(text)
  return parsed && 'checksum' in parsed && 'data' in parsed ? parseDocument(text)?.data : parsed
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}
