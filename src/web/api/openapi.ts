import { z } from 'zod'
import { API_TABLE } from './openapi-table.js'
import type { Described } from './openapi-table.js'
import { errorAnswer } from './schemas.js'

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function bodyOf(described: Described) {
  if (described.multipart) {
    return { requestBody: { required: true, content: { 'multipart/form-data': { schema: {
      type: 'object', required: ['file'],
      properties: { file: { type: 'array', items: { type: 'string', contentMediaType: 'application/octet-stream' } }, patientId: { type: 'string' }, laterality: { enum: ['L', 'R'] }, takenAt: { type: 'string', format: 'date-time' } }
    } } } } }
  }
  return described.input ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(described.input, 'input') } } } } : {}
}

function answersOf(described: Described) {
  const content = described.output ? { 'application/json': { schema: schemaOf(described.output, 'output') } }
    : Object.fromEntries((described.media ?? []).map((type) => [type, {}]))
  const error = { description: 'What went wrong and what to do next', content: { 'application/json': { schema: schemaOf(errorAnswer, 'output') } } }
  return {
    ...Object.fromEntries((described.statuses ?? [200]).map((status) => [String(status), { description: described.answer, ...(Object.keys(content).length > 0 ? { content } : {}) }])),
    default: error
  }
}

function operation(described: Described) {
  const inPath = [...described.path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
  const inQuery = Object.entries(described.query ?? {}).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } }))
  return { summary: described.summary, 'x-capability': described.access, parameters: [...inPath, ...inQuery], ...bodyOf(described), responses: answersOf(described) }
}

/** OpenAPI 3.1, built from the table beside the routes; a test holds it to the routes and to real answers. */
export function openApiDocument() {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const described of API_TABLE) {
    const path = described.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [described.method.toLowerCase()]: operation(described) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Screenpost', version: '1', description: 'Studies, verdicts and patients of one screening appliance. Decision support under study, not a certified device.' },
    security: [{ bearer: [] }, { session: [] }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'screenpost token create --role viewer|operator|clinician|admin' },
        session: { type: 'apiKey', in: 'cookie', name: 'screenpost_session', description: 'Signed in at /login; changes need the header X-CSRF-Token' }
      }
    },
    paths
  }
}
