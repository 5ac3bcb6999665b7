import { find, STUDY_ROOT_FIND, type Keys } from '../../dicom/find-scu.js'
import { getObject } from '../../dicom/get-scu.js'
import type { DataSet } from '../../dicom/codec.js'
import type { Peer } from '../../dicom/store-scu.js'
import { ACCEPTED_TRANSFER_SYNTAXES, isUid, TRANSFER_SYNTAX } from '../../dicom/uids.js'
import { problem, type Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'
import { modalityOfClass, MOST_ANSWERS, MOST_OF_A_STUDY, MOST_PRIOR_BYTES, PRIOR_MODALITIES } from './prior-classes.js'
import type { FoundPrior, PriorQuestion } from './transport.js'

const TAG = {
  level: 0x00080052, sopClass: 0x00080016, sopInstance: 0x00080018, date: 0x00080020, modality: 0x00080060, patientId: 0x00100020, birthDate: 0x00100030, sex: 0x00100040, study: 0x0020000d, series: 0x0020000e
} as const
const TIMES = { connectMs: 15_000, answerMs: 60_000, leastBytesPerSecond: 1_000 }
/** Of several, the archive sends as it has it; the ones that need no change first. */
const SYNTAXES = [TRANSFER_SYNTAX.explicitLittleEndian, ...ACCEPTED_TRANSFER_SYNTAXES].filter((uid, index, all) => all.indexOf(uid) === index && uid !== TRANSFER_SYNTAX.deflated && uid !== TRANSFER_SYNTAX.explicitBigEndian)

/** The newest earlier images of a patient, by C-FIND in three steps (Study Root). Problem `priors-unsupported`. */
export async function listPriors(peer: Peer, { number, mayBe, known, studies, images }: PriorQuestion, signal: AbortSignal): Promise<Result<readonly FoundPrior[], Problem>> {
  const ask = (keys: readonly Keys[]) => (keys.length === 0 ? Promise.resolve(ok<DataSet[][]>([])) : find(peer, { sopClassUid: STUDY_ROOT_FIND, keys, most: MOST_ANSWERS, times: { ...TIMES, signal } }))
  const first = await ask([{ [TAG.level]: 'STUDY', [TAG.date]: '', [TAG.patientId]: number, [TAG.birthDate]: '', [TAG.sex]: '', [TAG.study]: '' }])
  if (!first.ok) return unsupported(first.error)
  const chosen = first.value.flat().filter((one) => mayBe(personOf(one))).sort((one, two) => (value(one, TAG.date) < value(two, TAG.date) ? 1 : -1))
    .map((one) => value(one, TAG.study)).filter((uid, index, all) => isUid(uid) && !known.has(uid) && all.indexOf(uid) === index).slice(0, studies)
  const second = await ask(chosen.map((uid) => ({ [TAG.level]: 'SERIES', [TAG.modality]: '', [TAG.study]: uid, [TAG.series]: '' })))
  if (!second.ok) return unsupported(second.error)
  const series = second.value.flatMap((answers, index) => answers.filter((one) => PRIOR_MODALITIES.has(value(one, TAG.modality))).map((one) => ({ study: chosen[index]!, series: value(one, TAG.series) }))).filter((one) => isUid(one.series))
  const third = await ask(series.map((one) => ({ [TAG.level]: 'IMAGE', [TAG.sopClass]: '', [TAG.sopInstance]: '', [TAG.study]: one.study, [TAG.series]: one.series })))
  if (!third.ok) return unsupported(third.error)
  const found = third.value.flatMap((answers, index) => answers.map((one): FoundPrior => ({
    sopClassUid: value(one, TAG.sopClass), sopInstanceUid: value(one, TAG.sopInstance), studyInstanceUid: series[index]!.study, seriesInstanceUid: series[index]!.series
  })))
  return ok(chosen.flatMap((uid) => found.filter(({ studyInstanceUid }) => studyInstanceUid === uid).filter((one) => isUid(one.sopInstanceUid) && modalityOfClass(one.sopClassUid)).slice(0, MOST_OF_A_STUDY)).slice(0, images).filter(({ sopInstanceUid }) => !known.has(sopInstanceUid)))
}

/** One of them by C-GET: a Part 10 file. */
export async function fetchPrior(peer: Peer, object: FoundPrior, signal: AbortSignal): Promise<Result<Buffer, Problem>> {
  const got = await getObject(peer, { ...object, transferSyntaxUids: SYNTAXES, mostBytes: MOST_PRIOR_BYTES }, { ...TIMES, signal })
  return got.ok ? ok(got.value.file) : unsupported(got.error)
}

const value = (answer: DataSet, tag: number): string => answer.strings(tag)[0] ?? ''
const personOf = (answer: DataSet) => ({ patientId: value(answer, TAG.patientId), patientBirthDate: value(answer, TAG.birthDate), patientSex: value(answer, TAG.sex) })

const unsupported = (why: Problem): Result<never, Problem> => err(why.code === 'find-unsupported' || why.code === 'get-unsupported' ? problem('priors-unsupported', why.message) : why)
