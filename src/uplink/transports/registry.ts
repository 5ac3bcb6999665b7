import { dicomTransport } from './dicom.js'
import { dicomwebTransport } from './dicomweb/dicomweb.js'
import { fhirTransport } from './fhir/fhir.js'
import { folderTransport } from './folder/folder.js'
import { relayTransport } from './relay/relay.js'
import type { TransportKind } from './transport.js'

/** Every kind of destination; a new one is a file or folder here and a line in this list. */
export const transportKinds: readonly TransportKind[] = [
  dicomTransport as TransportKind, dicomwebTransport as TransportKind, relayTransport as TransportKind, folderTransport as TransportKind,
  fhirTransport as TransportKind
]
