import type { EvaluationReport, FindingEvaluation, GroupEvaluation } from './evaluation.js'
import { reliabilityPlot, rocPlot } from './plot.js'
import type { Proportion } from './proportion.js'

const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
/** A share with its interval and its counts, in words. */
export const share = (part: Proportion): string =>
  part.of === 0 ? 'none' : `${(100 * part.value).toFixed(1)} % (${(100 * part.low).toFixed(1)} to ${(100 * part.high).toFixed(1)}; ${part.count} of ${part.of})`

const PERSON_RULE = 'By patient: one image at or above the threshold refers; a score below it for every image of theirs in the table clears; anything else leaves undecided. A patient with a positive image is positive.'

/** What the figures of a finding leave out, in words; the same on the page and on the terminal. */
export const refusedSentence = ({ refused }: Pick<FindingEvaluation, 'refused'>): string => refused.files === 0
  ? 'None of known truth was refused.'
  : `${refused.files} more of known truth (${refused.positives} positive) got no score (unreadable, ungradable or not for this pack) and are in none of these figures.`

/** How many rows were of unknown truth, and what they say; empty where there was none. */
export function unknownSentence({ finding, unknown: { files, kinds, labels } }: Pick<FindingEvaluation, 'finding' | 'unknown'>): string {
  if (files === 0) return ''
  const said = `of ${finding} (${labels.join(', ')}${kinds > labels.length ? ' and others' : ''})`
  return files === 1 ? `1 row says nothing ${said} and is in none of these figures; say with --truth what it means.`
    : `${files} rows say nothing ${said} and are in none of these figures; say with --truth what they mean.`
}

/** What the points do to people with several images; empty where nobody has two. */
function personTable({ operatingPoints }: FindingEvaluation): string {
  const rows = operatingPoints.flatMap(({ name, byPerson }) => (byPerson
    ? [`<tr><th>${escape(name)}</th><td>${byPerson.patients} (${byPerson.positives})</td><td>${share(byPerson.referred)}</td><td>${share(byPerson.cleared)}</td><td>${share(byPerson.undecided)}, ${byPerson.undecidedPositives} positive</td><td>${byPerson.missed}</td></tr>`]
    : []))
  return rows.length === 0 ? '' : `<p>${PERSON_RULE}</p><table><tr><th>operating point</th><th>patients (positive)</th><th>referred, of the positive</th>`
    + `<th>cleared, of the others</th><th>undecided</th><th>positive and cleared</th></tr>${rows.join('')}</table>`
}

function findingSection(finding: FindingEvaluation): string {
  const rows = finding.operatingPoints.map((point) => `<tr><th>${escape(point.name)}</th><td>${point.threshold.toFixed(4)}</td><td>${share(point.sensitivity)}</td>`
    + `<td>${share(point.specificity)}</td><td>${share(point.positivePredictiveValue)}</td><td>${share(point.negativePredictiveValue)}</td>`
    + `<td>${point.falseNegatives}</td><td>${point.testsPerCaseFound?.toFixed(1) ?? 'none found'}</td>`
    + `${finding.refused.files > 0 ? `<td>${share(point.refusedReferred.sensitivity)}</td><td>${share(point.refusedReferred.specificity)}</td>` : ''}</tr>`)
  const area = finding.auc ? `${finding.auc.value.toFixed(3)} (95 % CI ${finding.auc.low.toFixed(3)} to ${finding.auc.high.toFixed(3)})` : 'not defined: one class only'
  return `<h3>${escape(finding.finding)}</h3><p>${finding.n} images of ${finding.patients} patients, ${finding.positives} positive. AUC ${area}. `
    + `Expected calibration error ${finding.expectedCalibrationError?.toFixed(3) ?? 'not defined: no image has a score'}. ${refusedSentence(finding)} ${escape(unknownSentence(finding))}</p>`
    + '<table><tr><th>operating point</th><th>threshold</th><th>sensitivity</th><th>specificity</th><th>PPV</th><th>NPV</th><th>missed</th><th>tests per case found</th>'
    + `${finding.refused.files > 0 ? '<th>sensitivity if refused are referred</th><th>specificity if refused are referred</th>' : ''}</tr>${rows.join('')}</table>${personTable(finding)}${rocPlot(finding.roc)}${reliabilityPlot(finding.reliability)}`
}

function groupSection(group: GroupEvaluation): string {
  const reasons = Object.entries(group.reasons).sort(([, a], [, b]) => b - a).map(([code, count]) => `${escape(code)} ${count}`).join(', ')
  return `<section><h2>${escape(group.group)}</h2><p>${group.files} files. Unreadable ${share(group.unreadable)}. Ungradable ${share(group.ungradable)}.`
    + `${reasons ? ` Reasons: ${reasons}.` : ''}</p>${group.findings.filter((finding) => finding.n + finding.refused.files > 0).map(findingSection).join('')}</section>`
}

/** What was judged, by what and when. */
function provenanceSentence({ table, tableSha256, where, truth, patientColumn, at, gate, seed, resamples }: EvaluationReport['provenance']): string {
  const listed = (name: string, values: readonly string[]): string => values.length > 0 ? `, ${name} ${values.join(' ')}` : ''
  return `Table ${table} (${tableSha256.slice(0, 12)})${listed('--where', where)}${listed('--truth', truth)}, patients by ${patientColumn}. `
    + `${gate ? `Gate ${gate.id} ${gate.version} (${gate.sha256.slice(0, 12)})` : 'No gate in service'}. Judged ${at}; bootstrap seed ${seed}, ${resamples} draws.`
}

/** One self-contained HTML page: figures with 95 % intervals (Wilson; AUC by bootstrap over patients), ROC and reliability plots. */
export function evaluationPage({ pack, groups, provenance }: EvaluationReport): string {
  return '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Evaluation</title>'
    + '<style>body{font:15px system-ui;margin:2rem;max-width:70rem}table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}section{border-top:2px solid #333}</style>'
    + `<h1>${escape(pack.id)} ${escape(pack.version)}</h1><p>Model ${pack.sha256}. Decision support under study, not a certified device.</p><p>${escape(provenanceSentence(provenance))}</p>${groups.map(groupSection).join('')}</html>`
}
