import type { BundlePayload } from './signed-bundle.js'

/** What taking the bundle would bring, in lines for a person. */
export const describeBundle = ({ from, createdAt, serial, kind, site, settings, centreCa, files }: BundlePayload): string => [
  `bundle ${serial} (${kind}) of ${from}, ${createdAt}`,
  ...(site ? [`site file: ${Object.keys(site).join(', ')}`] : []), ...(settings ? [`settings: ${Object.keys(settings).join(', ')}`] : []),
  ...(centreCa ? ["the centre's certificate authority"] : []),
  ...[...new Set(files.map(({ path }) => path.split('/').slice(0, 3).join('/')))].map((part) => `  ${part}`), ''
].join('\n')
