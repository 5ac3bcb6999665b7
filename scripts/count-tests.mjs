import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * What a run of vitest comes to: its JSON knows files that could not be loaded, and only its exit status knows an error outside of any test
 * (a rejection that nobody awaited, a hook that ended late). Without a readable JSON one failure is counted.
 */
export function countTests(report, exitStatus) {
  if (!report) return { passed: 0, failed: 1, skipped: [] }
  const unloadable = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed')).length
  const failed = report.numFailedTests + unloadable
  const skipped = report.testResults.flatMap((file) => file.assertionResults.filter(({ status }) => !['passed', 'failed'].includes(status)).map((test) => `${relative(process.cwd(), file.name)}: ${test.fullName}`))
  return { passed: report.numPassedTests, failed: failed === 0 && exitStatus !== 0 ? 1 : failed, skipped }
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

// `count-tests.mjs RESULTS.json EXIT_STATUS`: the skipped by name for people on stderr, `PASSED FAILED SKIPPED` on stdout.
if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { passed, failed, skipped } = countTests(read(process.argv[2]), Number(process.argv[3]))
  for (const name of skipped) console.error(`skipped: ${name}`)
  console.log(passed, failed, skipped.length)
}
