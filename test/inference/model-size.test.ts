import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MOST_MODEL_BYTES, modelTooLarge } from '../../src/inference/model-size.js'

const delivered = resolve(import.meta.dirname, '../../models-int8')

describe('the size of a model', () => {
  it('is below the limit in every delivered pack', () => {
    const models = readdirSync(delivered, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/model.onnx'))
    expect(models.length).toBeGreaterThan(0)
    expect(models.filter((name) => statSync(join(delivered, name)).size > MOST_MODEL_BYTES)).toEqual([])
  })
  it('is remarked on above it', () => {
    expect(modelTooLarge(MOST_MODEL_BYTES)).toBeUndefined()
    expect(modelTooLarge(22_340_000)).toContain('its model has 22.3 MB, more than the 15 MB')
  })
})
