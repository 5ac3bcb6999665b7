import { z } from 'zod'

/** True of a set of answers; a field that was not answered makes its part false. */
export type Condition =
  | { readonly any: readonly Condition[] }
  | { readonly all: readonly Condition[] }
  | { readonly field: string; readonly is: readonly string[] }
  | { readonly field: string; readonly atLeast: number }
  | { readonly field: string; readonly below: number }

const condition: z.ZodType<Condition> = z.lazy(() => z.union([
  z.strictObject({ any: z.array(condition).min(1) }), z.strictObject({ all: z.array(condition).min(1) }),
  z.strictObject({ field: z.string(), is: z.array(z.string()).min(1) }),
  z.strictObject({ field: z.string(), atLeast: z.number() }), z.strictObject({ field: z.string(), below: z.number() })
]))

const name = z.string().regex(/^[a-z][a-z0-9-]*$/)
const level = z.enum(['none', 'routine', 'soon', 'urgent', 'immediate'])
const option = z.string().regex(/^[a-z0-9/-]+$/)

const field = z.discriminatedUnion('kind', [
  z.strictObject({ name, kind: z.literal('choice'), options: z.array(option).min(2) }),
  /** A long choice with an order, shown as one list; the best value first. */
  z.strictObject({ name, kind: z.literal('scale'), options: z.array(option).min(2) }),
  z.strictObject({ name, kind: z.literal('number'), unit: z.string().optional(), minimum: z.number(), maximum: z.number(), step: z.number().positive() })
])

/** When it applies, the advice is at least of this level, whatever the image shows. `text` and `source` are for people. */
const rule = z.strictObject({ code: name, level: level.extract(['soon', 'urgent', 'immediate']), text: z.string().min(1), source: z.string().min(1), when: condition })
/** When to come back after a verdict of one of these levels; the shortest interval that applies counts. */
const recall = z.strictObject({ levels: z.array(level).min(1), months: z.int().positive(), source: z.string().min(1), when: condition.optional() })

const outcome = z.strictObject({ name, options: z.array(option).min(2) })
const secondReader = z.strictObject({ levels: z.array(level).min(1), source: z.string().min(1) })

const shape = z.strictObject({
  id: name, version: z.int().positive(), modality: z.enum(['fundus', 'cxr', 'ultrasound']),
  fields: z.array(field).min(1), rules: z.array(rule), recalls: z.array(recall),
  /** What may be known later, entered against the study; labels are `outcome.<name>` and `result.<option>`. */
  outcomes: z.array(outcome),
  /** A verdict of one of these levels is read by a second clinician who does not see the first one's decision. */
  secondReader: secondReader.optional()
})

/** A field of the form; every field may stay empty. Labels are in the catalogues as `field.<programme>.<name>`. */
export type ProgrammeField = z.infer<typeof field>
/** One screening programme, as data. */
export type Programme = z.infer<typeof shape>

function fieldsOf(when: Condition): { readonly field: string; readonly options: readonly string[] }[] {
  if ('any' in when) return when.any.flatMap(fieldsOf)
  if ('all' in when) return when.all.flatMap(fieldsOf)
  return [{ field: when.field, options: 'is' in when ? when.is : [] }]
}

/** @throws Error naming the rule that speaks of a field or an option that the form lacks, or the shape's own */
export function parseProgramme(raw: unknown): Programme {
  const programme = shape.parse(raw)
  for (const { when, ...rest } of [...programme.rules, ...programme.recalls]) {
    for (const used of when ? fieldsOf(when) : []) {
      const known = programme.fields.find((candidate) => candidate.name === used.field)
      const options = known && known.kind !== 'number' ? known.options : []
      if (!known || used.options.some((each) => !options.includes(each))) {
        throw new Error(`Programme ${programme.id}: ${'code' in rest ? rest.code : 'a recall'} speaks of '${used.field}' as the form does not know it. Correct the data file.`)
      }
    }
  }
  return programme
}
