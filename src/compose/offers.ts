import { join } from 'node:path'
import { decideOffer, offeredBundle } from '../provisioning/offered-bundle.js'
import type { OfferDoor } from '../web/dependencies.js'

/** What the centre offers this box: root lays the centre's key and the number of what was taken into `<data>/centre`. */
export function openOffers({ dataFolder }: { readonly dataFolder: string }): OfferDoor {
  const places = { state: join(dataFolder, 'centre'), data: dataFolder, updates: join(dataFolder, 'updates') }
  return { view: () => offeredBundle(places), decide: (sha256, decision) => decideOffer(places, { sha256, decision }) }
}
