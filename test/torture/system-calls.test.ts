import { describe, expect, it } from 'vitest'
import { isDurableBeforeAnswer, readTrace, storeSteps } from '../../scripts/torture/system-calls.js'

const OBJECT = '11 fsync(20</d/spool/dimse-1.dcm>) = 0'
const DOCUMENT = ['12 fsync(21</d/studies/.new/20260301-0123ABCD/study.json> <unfinished ...>', '12 <... fsync resumed>) = 0']
const FOLDER = '11 fsync(22</d/studies/.new/20260301-0123ABCD>) = 0'
const RENAME = '13 rename("/d/studies/.new/20260301-0123ABCD", "/d/studies/2026/03/20260301-0123ABCD") = 0'
const MONTH = '11 fsync(23</d/studies/2026/03>) = 0'
const ANSWER = '10 write(24<TCP:[127.0.0.1:1->127.0.0.1:2]>, "\\4\\0\\0\\0\\0T", 6) = 6'

const holds = (lines: readonly string[]): boolean => isDurableBeforeAnswer(storeSteps(readTrace(lines.join('\n'))))

describe('the order of system calls before an answer', () => {
  it('holds when everything is on the disk first', () => {
    expect(holds([OBJECT, ...DOCUMENT, FOLDER, RENAME, MONTH, ANSWER])).toBe(true)
  })

  it('does not hold when the answer is early, or a step is missing or ends late', () => {
    expect(holds([OBJECT, ...DOCUMENT, FOLDER, RENAME, ANSWER, MONTH])).toBe(false)
    expect(holds([OBJECT, ...DOCUMENT, FOLDER, RENAME, ANSWER])).toBe(false)
    expect(holds([OBJECT, DOCUMENT[0]!, FOLDER, DOCUMENT[1]!, RENAME, MONTH, ANSWER])).toBe(false)
  })
})
