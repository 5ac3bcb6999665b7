import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { BoxFields } from '../web/box-door.js'

type Options = Record<string, unknown>

/** The option of each kind that says where it is plugged in or which one it is. */
const WHERE: Readonly<Record<string, string>> = { 'serial-digitizer': 'path', barcode: 'path', video: 'input', 'watched-folder': 'folder', sane: 'device', ptp: 'camera', 'mass-storage': 'root' }

/** A device of the site file from the fields of a form: `id`, `kind`, `where`, `port`, `aeTitle`, and `more` (JSON, for what is rare). */
export function deviceOf(fields: BoxFields): Result<Options, Problem> {
  const more = moreOf(fields)
  if (!more.ok) return more
  const where = WHERE[fields.kind]
  const options = { ...(where && fields.where ? { [where]: fields.where } : {}), ...given(fields, ['aeTitle']), ...portOf(fields), ...more.value }
  return ok({ id: fields.id, kind: fields.kind, options })
}

/** A destination of the site file from the fields of a form; its options stand beside `id` and `kind`. */
export function destinationOf(fields: BoxFields): Result<Options, Problem> {
  const more = moreOf(fields)
  if (!more.ok) return more
  return ok({ id: fields.id, kind: fields.kind, ...given(fields, ['host', 'aeTitle', 'url', 'bearer']), ...portOf(fields), ...more.value })
}

const given = (fields: BoxFields, names: readonly (keyof BoxFields)[]): Options => Object.fromEntries(names.flatMap((name) => (fields[name] ? [[name, fields[name]]] : [])))
const portOf = ({ port }: BoxFields): Options => (port === '' ? {} : { port: Number(port) })

function moreOf({ more }: BoxFields): Result<Options, Problem> {
  if (more === '') return ok({})
  const bad = err(problem('bad-options', 'Further options are a JSON object, such as {"baudRate": 115200}. The site file\'s document lists them.', 'more'))
  try {
    const parsed: unknown = JSON.parse(more)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? ok(parsed as Options) : bad
  } catch {
    return bad
  }
}
