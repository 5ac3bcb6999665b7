import { describe, expect, it } from 'vitest'
import type { SeenFile } from '../../src/devices/watched-folder/scan.js'
import { Settling } from '../../src/devices/watched-folder/settle.js'

const file = (name: string, signature: string, size = 10, identity = name): SeenFile => ({ path: Buffer.from(`/inbox/${name}`), name, size, identity, signature, modifiedMs: 0, changedMs: 0 })
const names = (files: readonly SeenFile[]): string[] => files.map((each) => each.name)

describe('settling', () => {
  it('counts a file once it has stood still for the time', () => {
    const settling = new Settling(1000)
    expect(names(settling.settled([file('a', '1')], 0))).toEqual([])
    expect(names(settling.settled([file('a', '2')], 900))).toEqual([])
    expect(names(settling.settled([file('a', '2')], 1899))).toEqual([])
    expect(names(settling.settled([file('a', '2')], 1900))).toEqual(['a'])
  })

  it('starts again for a file that vanished and came back', () => {
    const settling = new Settling(1000)
    settling.settled([file('a', '1')], 0)
    settling.settled([], 500)
    expect(names(settling.settled([file('a', '1')], 1200))).toEqual([])
  })

  it('waits longer after each refusal, and does not offer again what is safe but can not be removed', () => {
    const settling = new Settling(100)
    const [a, b] = [file('a', '1'), file('b', '1')]
    settling.settled([a, b], 0)
    settling.settled([a, b], 100)
    settling.note(a, 'later', 100)
    settling.note(b, 'stuck', 100)
    expect(names(settling.settled([a, b], 2000))).toEqual([])
    expect(names(settling.settled([a, b], 2100))).toEqual(['a'])
    settling.note(a, 'later', 2100)
    expect(names(settling.settled([a, b], 6000))).toEqual([])
    expect(names(settling.settled([a, file('b', '2')], 6100))).toEqual(['a'])
    expect(names(settling.settled([a, file('b', '2')], 6300))).toEqual(['a', 'b'])
  })

  it('remembers what was noted when a file was first seen, while it grows', () => {
    const settling = new Settling(1000)
    const [first, second] = [{ visitId: 'V-1' }, { visitId: 'V-2' }]
    settling.settled([file('a', '1', 10)], 0, first)
    settling.settled([file('a', '2', 20), file('b', '1')], 500, second)
    expect([settling.beginOf(file('a', '2', 20)), settling.beginOf(file('b', '1'))]).toEqual([first, second])
  })

  it.each([['put in its place', file('a', '2', 20, 'other inode')], ['cut and written anew', file('a', '2', 5)]])('takes one that was %s for another picture', (_how, next) => {
    const settling = new Settling(1000)
    settling.settled([file('a', '1', 10)], 0, { visitId: 'V-1' })
    settling.settled([next], 500, { visitId: 'V-2' })
    expect(settling.beginOf(next)).toEqual({ visitId: 'V-2' })
  })

  it('says nobody of a file that it does not know', () => {
    expect(new Settling(1000).beginOf(file('a', '1'))).toEqual({ visitId: null })
  })
})
