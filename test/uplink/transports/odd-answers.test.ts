import { describe, expect, it } from 'vitest'
import { readStoreResponse } from '../../../src/uplink/transports/dicomweb/store-answer.js'
import { worstStatus } from '../../../src/uplink/transports/fhir/transaction.js'

/** Inputs of the fuzzer that threw once. */
describe('an answer that is JSON and nothing else', () => {
  it.each(['{"00081199":{"Value":"x"}}', '{"00081199":{"Value":{}}}', '{"00081198":{"Value":[{"00081155":{"Value":null},"00081197":{"Value":"x"}}]}}', '{"00081199":null}', '[null]', '7'])('from a DICOMweb archive names no object: %s', (body) => {
    expect([...(readStoreResponse(body) ?? new Map()).keys()].filter((uid) => uid !== '')).toEqual([])
  })

  it.each(['{"resourceType":"Bundle","entry":{}}', '{"resourceType":"Bundle","entry":"x"}', '{"resourceType":"Bundle","entry":[null,{"response":null},{"response":{"status":{}}}]}', '{"resourceType":"Bundle","entry":null}'])('from a FHIR server names no status: %s', (body) => {
    expect(worstStatus(body)).toBeUndefined()
  })
})
