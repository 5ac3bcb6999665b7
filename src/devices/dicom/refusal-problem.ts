import type { Refusal } from '../../dicom/store-scp.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'

const WORDS: Readonly<Record<Refusal['reason'], (sender: string) => string>> = {
  'unknown-ae-title': (sender) => `${sender} wanted to send and is not on the list. Add its AE title to \`allowedAeTitles\`, or correct it on the device.`,
  'too-many-associations': (sender) => `${sender} was asked to come back: every association is taken. It tries again by itself; if this stays, raise \`maxAssociations\`.`,
  'nothing-acceptable': (sender) => `${sender} offered only kinds of objects that are not read here. Have it send the images themselves, not reports or raw data.`,
  'said-nothing': () => 'A device connected and said nothing; it was hung up on. Check that it is set to DICOM and to the right port.',
  'tls-failed': () => 'A device could not agree on encryption. Check that it uses TLS 1.2 or newer, that it trusts our certificate, and that its own is signed by the CA of `tls.caPath`.'
}

/** A refused sender in words for the page. The AE title is what the device was named by a technician. */
export const refusalProblem = ({ calling, reason }: Refusal): Problem =>
  problem(`sender-refused-${reason}`, WORDS[reason](calling === '' ? 'A device without AE title' : `The device ${calling}`))

/** Two devices under one name: what they send can't be told apart. */
export const titleTwice = (title: string, addresses: readonly string[]): Problem =>
  problem('ae-title-twice', `Two devices send as ${title} (from ${addresses.join(' and ')}). Their images wait in "Whose is this?" until each has its own AE title: change it on one of them.`)
