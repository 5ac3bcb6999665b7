import { describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
import { withAnswers } from '../../src/uplink/answer-book.js'
import { planDeliveries } from '../../src/uplink/plan.js'
import type { Answer } from '../../src/uplink/transports/transport.js'
import { sampleStudy } from '../report/sample-study.js'
import { pacs, saying } from './samples.js'

const at = '2026-03-04T10:00:00.000Z'
const where = { destination: 'pacs', at }
const reissuing = { ...pacs, onCorrection: 'reissue' as const }
const plan = (study: Study, identity: string, destination = pacs): Study => planDeliveries(study, saying(`of ${identity}`, identity), [destination], at) ?? study
const stored: Answer = { kind: 'stored' }
const states = ({ deliveries = [] }: Study): string[] => deliveries.map(({ kind, sopInstanceUid, identityHash, state }) => `${kind} ${sopInstanceUid} ${identityHash} ${state}`)
/** All of Anna's on the way; meanwhile the study turns out to be Bea's, and then the destination answers. */
function lateAnswer(answer: Answer, destination = pacs): Study {
  const annas = plan(sampleStudy, 'anna', destination)
  const answers = annas.deliveries!.map((made) => ({ made, answer }))
  const beas = plan(annas, 'bea', destination)
  return plan(withAnswers(beas, answers, where) ?? beas, 'bea', destination)
}

describe('an answer to what left before the patient was changed', () => {
  it('is never taken for an answer under the new name', () => {
    const study = lateAnswer(stored)
    expect(states(study)).toEqual([
      'sr 2.25.11 anna needs-correction', 'image 2.25.7 anna needs-correction', 'sr 2.25.12 bea superseded', 'sr 2.25.13 bea needs-person', 'image 2.25.71 bea needs-person'
    ])
    expect(new Set(study.deliveries!.slice(3).map(({ studyInstanceUid }) => studyInstanceUid))).toEqual(new Set(['2.25.901']))
  })

  it('is taken back by a note where the site has it so, and everything leaves under new numbers', () => {
    expect(states(lateAnswer(stored, reissuing))).toEqual(expect.arrayContaining(['rejection 2.25.42 anna pending', 'sr 2.25.13 bea pending', 'image 2.25.71 bea pending']))
  })

  it('counts as there when it never came: it may be', () => {
    expect(states(lateAnswer({ kind: 'unanswered' }))[1]).toBe('image 2.25.7 anna needs-correction')
  })

  it('changes nothing when the object was not taken', () => {
    expect(states(lateAnswer({ kind: 'cut' }))).toEqual(['sr 2.25.11 anna superseded', 'image 2.25.7 bea pending', 'sr 2.25.12 bea pending'])
  })

  it('is the ordinary one when nothing changed', () => {
    const annas = plan(sampleStudy, 'anna')
    expect(states(withAnswers(annas, annas.deliveries!.map((made) => ({ made, answer: stored })), where)!)).toEqual(['sr 2.25.11 anna accepted', 'image 2.25.7 anna accepted'])
  })

  it.each<[string, Answer, string, string]>([
    ['arrived', stored, 'accepted', 'withdrawn'], ['may have arrived', { kind: 'unanswered' }, 'sent', 'needs-correction'], ['was on its way when the power went', { kind: 'unknown' }, 'sent', 'needs-correction']
  ])('is of a note that %s while the change was undone: what it takes back leaves anew and is not believed to be there', (_how, answer, note, wrong) => {
    const annas = plan(sampleStudy, 'anna', reissuing)
    const there: Study = { ...annas, deliveries: annas.deliveries!.map((one) => ({ ...one, state: 'committed' as const })) }
    const beas = plan(there, 'bea', reissuing)
    const made = beas.deliveries!.find(({ kind }) => kind === 'rejection')!
    const back = plan(beas, 'anna', reissuing)
    const told = plan(withAnswers(back, [{ made, answer }], where)!, 'anna', reissuing)
    expect(states(told).filter((line) => !line.endsWith('superseded'))).toEqual([
      `sr 2.25.11 anna ${wrong}`, `image 2.25.7 anna ${wrong}`, `rejection 2.25.42 anna ${note}`, 'sr 2.25.14 anna pending', 'image 2.25.72 anna pending'
    ])
    expect(plan(told, 'anna', reissuing)).toBe(told)
  })

  it('is of a note that was not taken while the change was undone: all stays as it was', () => {
    const annas = plan(sampleStudy, 'anna', reissuing)
    const beas = plan({ ...annas, deliveries: annas.deliveries!.map((one) => ({ ...one, state: 'committed' as const })) }, 'bea', reissuing)
    const made = beas.deliveries!.find(({ kind }) => kind === 'rejection')!
    expect(withAnswers(plan(beas, 'anna', reissuing), [{ made, answer: { kind: 'cut' } }], where)).toBeUndefined()
  })

  it('brings no second image when everything leaves under new numbers already', () => {
    const annas = plan(sampleStudy, 'anna', reissuing)
    const [report, image] = annas.deliveries!.map((made) => ({ made, answer: stored }))
    const beas = plan(withAnswers(annas, [report!], where)!, 'bea', reissuing)
    const sent = withAnswers(beas, beas.deliveries!.filter(({ identityHash, state }) => identityHash === 'bea' && state === 'pending').map((made) => ({ made, answer: stored })), where)!
    const late = plan(withAnswers(sent, [image!], where)!, 'bea', reissuing)
    expect(states(late).filter((line) => line.startsWith('image'))).toEqual(['image 2.25.7 anna needs-correction', 'image 2.25.71 bea accepted'])
    expect(states(late).filter((line) => line.startsWith('rejection')).length).toBeGreaterThan(0)
  })
})
