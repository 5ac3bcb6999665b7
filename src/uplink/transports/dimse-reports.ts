import { find, STUDY_ROOT_FIND, type Keys } from '../../dicom/find-scu.js'
import { getObject } from '../../dicom/get-scu.js'
import type { Peer } from '../../dicom/store-scu.js'
import { isUid, TRANSFER_SYNTAX } from '../../dicom/uids.js'
import { problem, type Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'

const TAG = { level: 0x00080052, sopClass: 0x00080016, sopInstance: 0x00080018, modality: 0x00080060, study: 0x0020000d, series: 0x0020000e } as const
const TIMES = { connectMs: 15_000, answerMs: 60_000, leastBytesPerSecond: 1_000 }
const MOST = 50
const MOST_BYTES = 8 * 1024 * 1024
const isReportClass = (uid: string): boolean => uid.startsWith('1.2.840.10008.5.1.4.1.1.88.') && uid !== '1.2.840.10008.5.1.4.1.1.88.59'
const SYNTAXES = [TRANSFER_SYNTAX.explicitLittleEndian, TRANSFER_SYNTAX.implicitLittleEndian]

/** The structured reports of a study that are not known, by C-FIND and C-GET (PS3.4 annex C): Part 10 files. Problem `reports-unsupported`: the PACS can not be asked so. */
export async function reportsOf(peer: Peer, { studyInstanceUid, known }: { readonly studyInstanceUid: string; readonly known: ReadonlySet<string> }, signal: AbortSignal): Promise<Result<readonly Buffer[], Problem>> {
  const ask = (keys: readonly Keys[]) => find(peer, { sopClassUid: STUDY_ROOT_FIND, keys, most: MOST, times: { ...TIMES, signal } })
  const series = await ask([{ [TAG.level]: 'SERIES', [TAG.modality]: 'SR', [TAG.study]: studyInstanceUid, [TAG.series]: '' }])
  if (!series.ok) return unsupported(series.error)
  const uids = [...new Set(series.value.flat().filter((one) => one.strings(TAG.modality)[0] === 'SR').flatMap((one) => one.strings(TAG.series)))].filter(isUid)
  if (uids.length === 0) return ok([])
  const listed = await ask(uids.map((uid) => ({ [TAG.level]: 'IMAGE', [TAG.sopClass]: '', [TAG.sopInstance]: '', [TAG.study]: studyInstanceUid, [TAG.series]: uid })))
  if (!listed.ok) return unsupported(listed.error)
  const files: Buffer[] = []
  for (const [index, answers] of listed.value.entries()) {
    for (const answer of answers) {
      const [sopInstanceUid = '', sopClassUid = ''] = [answer.strings(TAG.sopInstance)[0], answer.strings(TAG.sopClass)[0]]
      if (!isUid(sopInstanceUid) || !isReportClass(sopClassUid) || known.has(sopInstanceUid)) continue
      const got = await getObject(peer, { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid: uids[index]!, transferSyntaxUids: SYNTAXES, mostBytes: MOST_BYTES }, { ...TIMES, signal })
      if (got.ok) files.push(got.value.file)
      else if (got.error.code !== 'get-nothing') return unsupported(got.error)
    }
  }
  return ok(files)
}

const unsupported = (why: Problem): Result<never, Problem> => err(why.code === 'find-unsupported' || why.code === 'get-unsupported' ? problem('reports-unsupported', why.message) : why)
