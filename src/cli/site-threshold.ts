import type { CostedRow } from '../evaluate/threshold.js'
import type { CheckedPack } from '../inference/packs.js'
import { checkPacks, packsInService } from '../inference/packs.js'
import type { SiteThreshold } from '../inference/site-thresholds.js'
import { readSiteThresholds, writeSiteThreshold } from '../inference/site-thresholds.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packsFolder, thresholdsFolderOf } from './host.js'

const IN_FORCE = 'It is in force from the next start of the service (systemctl restart screenpost).\n'

type Adoption = { readonly pack: CheckedPack; readonly finding: string; readonly row: CostedRow; readonly n: number; readonly by: string; readonly data?: string }

/** Puts a fitted threshold into force for this site; thresholds of other findings of the same model stay. */
export async function adoptThreshold(host: CliHost, { pack, finding, row, n, by, data }: Adoption): Promise<void> {
  const folder = thresholdsFolderOf(host, data)
  const before = await readable(folder, pack.id)
  const same = before?.modelSha256 === pack.sha256 ? before : undefined
  const { sensitivity, specificity } = row
  await writeSiteThreshold(folder, {
    formatVersion: 1, pack: pack.id, modelSha256: pack.sha256, version: pack.version, at: new Date().toISOString(), by,
    thresholds: { ...same?.thresholds, [finding]: row.threshold },
    evidence: { ...same?.evidence, [finding]: { n, positives: sensitivity.of, sensitivity: bounds(sensitivity), specificity: bounds(specificity) } }, confirmed: []
  })
  host.stdout.write(`Written for ${pack.id} ${pack.version}. ${IN_FORCE}`)
}

const bounds = ({ value, low, high }: CostedRow['sensitivity']) => ({ value, low, high })

/** What is there now; a damaged file is replaced, since it serves nobody. */
async function readable(folder: string, pack: string): Promise<SiteThreshold | undefined> {
  const found = (await readSiteThresholds(folder)).get(pack)
  return found?.ok ? found.value : undefined
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
      const site = await readable(folder, id)
      if (!site) throw new UsageError(`This site has no threshold of its own for ${id}: nothing is refused, and nothing needs to be confirmed.`)
      const newest = packsInService(await checkPacks(packsFolder)).find((pack) => pack.id === id)
      if (!newest) throw new UsageError(`There is no version of ${id} in order; run \`screenpost doctor\` to see why.`)
      if (newest.sha256 === site.modelSha256) throw new UsageError(`The site's threshold was fitted on ${id} ${newest.version}, which is the newest: it is in force already.`)
      const confirmed = [...site.confirmed, { modelSha256: newest.sha256, version: newest.version, at: new Date().toISOString(), by }]
      await writeSiteThreshold(folder, { ...site, confirmed })
      host.stdout.write(`${id} ${newest.version} may be used with its own thresholds. ${IN_FORCE}`)
    })
}
