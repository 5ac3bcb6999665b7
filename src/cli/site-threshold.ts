import type { CostedRow } from '../evaluate/threshold.js'
import type { CheckedPack } from '../inference/packs.js'
import { checkPacks, packsInService } from '../inference/packs.js'
import type { SiteThreshold } from '../inference/site-thresholds.js'
import { findingsToFit, readSiteThresholds, withConfirmed, withFitted, writeSiteThreshold } from '../inference/site-thresholds.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packsFoldersOf, thresholdsFolderOf } from './host.js'

const IN_FORCE = 'It is in force from the next start of the service (systemctl restart screenpost).\n'

type Adoption = { readonly pack: CheckedPack; readonly finding: string; readonly row: CostedRow; readonly n: number; readonly by: string; readonly data?: string }

/**
 * Puts a fitted threshold into force for this site; thresholds of other findings of the same model stay. Where the site had fitted other
 * findings on an earlier model, it waits for them, and the earlier model serves on.
 */
export async function adoptThreshold(host: CliHost, { pack, finding, row, n, by, data }: Adoption): Promise<void> {
  const folder = thresholdsFolderOf(host, data)
  const found = await siteThresholdOf(folder, pack.id)
  const findings = pack.manifest.findings.map(({ code }) => code)
  const { sensitivity, specificity } = row
  const site = withFitted(found?.ok ? found.value : undefined, { pack: pack.id, findings, by: {
    modelSha256: pack.sha256, version: pack.version, at: new Date().toISOString(), by, thresholds: { [finding]: row.threshold },
    evidence: { [finding]: { n, positives: sensitivity.of, sensitivity: bounds(sensitivity), specificity: bounds(specificity) } }
  } })
  await writeSiteThreshold(folder, site)
  const left = findingsToFit(site, { modelSha256: pack.sha256, findings })
  host.stdout.write(left.length > 0 ? waiting(pack, site.version, left) : `Written for ${pack.id} ${pack.version}. ${IN_FORCE}${found?.ok === false ? lost(pack.id, findings, finding) : ''}`)
}

const waiting = ({ id, version }: CheckedPack, before: string, left: readonly string[]): string =>
  `Written for ${id} ${version}, and not in force yet: this site fitted ${left.join(' and ')} on version ${before} too. Fit ${left.join(' and ')} on ${version} as well, or use the pack's own threshold there: \`screenpost confirm-pack ${id}\`. Until then ${id} ${version} stays out of service.\n`

/** The damaged file may have held thresholds of other findings. */
function lost(id: string, findings: readonly string[], finding: string): string {
  const others = findings.filter((each) => each !== finding).join(' and ')
  return others && `The file that was there was damaged, so what it said of ${others} is lost and the pack's own threshold is used there: fit it again with \`screenpost threshold --pack ${id} --adopt\` if this site had one.\n`
}

const bounds = ({ value, low, high }: CostedRow['sensitivity']) => ({ value, low, high })

const siteThresholdOf = async (folder: string, pack: string) => (await readSiteThresholds(folder)).get(pack)

/** What is there, or a sentence that says why nothing can be confirmed. */
async function thresholdToConfirm(folder: string, id: string): Promise<SiteThreshold> {
  const found = await siteThresholdOf(folder, id)
  if (!found) throw new UsageError(`This site has no threshold of its own for ${id}: nothing is refused, and nothing needs to be confirmed.`)
  if (!found.ok) throw new UsageError(`Nothing was confirmed. ${found.error.message}`)
  return found.value
}

/** Lets a new version of a pack in with its own thresholds, where the site had fitted one on the version before. */
export const addConfirmPack: AddCommand = (program, host) => {
  program.command('confirm-pack')
    .description('use the newest version of a pack with its own thresholds, although this site had fitted one on an earlier version')
    .argument('<pack>', 'id of the pack')
    .requiredOption('--by <name>', 'who answers for it; kept in the file')
    .option('--data <dir>', 'data folder (default: SCREENPOST_DATA, else ./data)')
    .action(async (id: string, { by, data }: { by: string; data?: string }) => {
      const folder = thresholdsFolderOf(host, data)
      const site = await thresholdToConfirm(folder, id)
      const newest = packsInService(await checkPacks(packsFoldersOf(host, data))).find((pack) => pack.id === id)
      if (!newest) throw new UsageError(`There is no version of ${id} in order; run \`screenpost doctor\` to see why.`)
      if (newest.sha256 === site.modelSha256) throw new UsageError(`The site's threshold was fitted on ${id} ${newest.version}, which is the newest: it is in force already.`)
      const signature = { modelSha256: newest.sha256, version: newest.version, at: new Date().toISOString(), by }
      await writeSiteThreshold(folder, withConfirmed(site, signature))
      host.stdout.write(`${id} ${newest.version} may be used with ${fittedOn(site, newest.sha256)}. ${IN_FORCE}`)
    })
}

/** Which thresholds serve once a model is confirmed. */
function fittedOn({ next }: SiteThreshold, modelSha256: string): string {
  return next?.modelSha256 === modelSha256 ? `this site's threshold for ${Object.keys(next.thresholds).join(' and ')} and its own for every other finding` : 'its own thresholds'
}
