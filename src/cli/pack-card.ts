import type { OperatingPoints, PackManifest } from '../inference/manifest.js'

/** One finding with its calibration, its operating points and how well it tells cases apart. */
export type FittedFinding = { readonly spec: PackManifest['findings'][number]; readonly points: OperatingPoints['points']; readonly auc?: { readonly value: number; readonly low: number; readonly high: number } }

/** Headings of TRIPOD+AI and of model cards that only a person can fill in. */
const TO_SAY = ['Who is not represented', 'Performance by origin', 'Failure cases in words', 'How leaks between training and these images were looked for', 'Who made it, and where to report trouble']

/** The card of a pack that was just made: what is known is written, what only a person knows says so. `leftOut` are sentences on images in no figure. */
export function packCard(manifest: PackManifest, fitted: readonly FittedFinding[], leftOut: readonly string[]): string {
  const bullets = (lines: readonly string[]): string => lines.map((each) => `- ${each}\n`).join('') || '- not said\n'
  const share = ({ value, low, high }: { value: number; low: number; high: number }): string => `${value.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`
  const rows = fitted.flatMap(({ points }) => points.map((point) =>
    `| ${point.finding} | ${point.name} | ${point.threshold.toFixed(4)} | ${share(point.sensitivity)} | ${share(point.specificity)} | ${point.positives} of ${point.n} |\n`))
  const areas = fitted.map(({ spec, auc }) => `- ${spec.code}: ${auc ? share(auc) : 'not defined'}\n`)
  return `# ${manifest.title}: ${manifest.id} ${manifest.version}

## Intended use

${manifest.intendedUse}

## Limits and what it must not be used for

${bullets(manifest.limits)}
## Data

${bullets(manifest.trainingData)}
Resolution: ${manifest.trainingResolution}.

## Performance on the images that set calibration and thresholds

Fitted and judged on the same images, so this is flattering: judge it on others with \`screenpost evaluate\` before anybody is screened.
Area under the ROC curve, 95 % interval by bootstrap over patients:

${areas.join('')}
| finding | operating point | threshold | sensitivity | specificity | positive |
|---|---|---|---|---|---|
${rows.join('')}
${bullets(leftOut)}
${TO_SAY.map((heading) => `## ${heading}\n\nNot said yet.\n`).join('\n')}`
}
