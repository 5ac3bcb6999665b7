import { describe, expect, it } from 'vitest'
import type { Outstanding } from '../../src/uplink/next-delivery.js'
import { laneOf, nextBatch, nextDelivery } from '../../src/uplink/next-delivery.js'
import { delivery } from './samples.js'

const one = (studyId: string, sequence: number, more: Partial<Outstanding> = {}): Outstanding => ({ studyId, sequence, level: 'routine', bytes: 1000, delivery, ...more })
const image = { ...delivery, kind: 'image' as const }

describe('nextDelivery', () => {
  it('takes the urgent first, whatever its age', () => {
    expect(nextDelivery([one('old', 1), one('urgent', 9, { level: 'urgent' })], 0)?.studyId).toBe('urgent')
  })

  it('takes results before images, small before large', () => {
    expect(nextDelivery([one('image', 1, { delivery: image }), one('result', 9)], 0)?.studyId).toBe('result')
    expect(nextDelivery([one('large', 1, { delivery: image, bytes: 2e7 }), one('small', 9, { delivery: image, bytes: 5e5 })], 0)?.studyId).toBe('small')
  })

  it('takes oldest and newest by turns', () => {
    const all = [one('a', 1), one('b', 2), one('c', 3)]
    expect([0, 1].map((turn) => nextDelivery(all, turn)?.studyId)).toEqual(['a', 'c'])
  })

  it('gives nothing of nothing', () => {
    expect(nextDelivery([], 0)).toBeUndefined()
  })
})

describe('nextBatch', () => {
  it('stops at the limits, but takes one object however large', () => {
    const large = [one('a', 1, { bytes: 9e6 }), one('b', 2, { bytes: 9e6 })]
    expect(nextBatch(large, 0, { objects: 5, bytes: 1e6 }).length).toBe(1)
    expect(nextBatch(Array.from({ length: 9 }, (_, index) => one(`s${index}`, index)), 0, { objects: 5, bytes: 1e6 }).length).toBe(5)
  })
})

describe('laneOf', () => {
  it('lets results pass images on an association of their own', () => {
    expect([laneOf(delivery), laneOf(image)]).toEqual(['results', 'bulk'])
  })
})
