/** Encryption to a peer; PEM texts. Without `ca` the system's own authorities decide whom to trust, with it only those in it (a self-signed certificate pins itself). */
export type PeerTls = {
  readonly ca?: string
  /** What we show to a peer that asks who we are; both or none. */
  readonly cert?: string
  readonly key?: string
  /** `false`: the name in the certificate is not compared; only with `ca`, where it can't open the door to strangers. */
  readonly checkName?: boolean
}

/** A DICOM node and the AE titles of both ends; encrypted when `tls` is there. */
export type Peer = { readonly host: string; readonly port: number; readonly calledAe: string; readonly callingAe: string; readonly tls?: PeerTls }
