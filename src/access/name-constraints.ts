/** A network that a certificate may name, as RFC 5280 4.2.1.10 writes it: address and mask. */
type Network = readonly [address: string, mask: string]

/** What never leaves a building: loopback, and the private networks of RFC 1918. */
const PRIVATE: readonly Network[] = [
  ['127.0.0.0', '255.0.0.0'], ['10.0.0.0', '255.0.0.0'], ['172.16.0.0', '255.240.0.0'], ['192.168.0.0', '255.255.0.0']
]

/** Octets of a dotted IPv4 address. */
export const octetsOf = (address: string): number[] => address.split('.').map(Number)

/** True for an IPv4 address that the CA's constraints let a certificate name. */
export const isPrivateAddress = (address: string): boolean =>
  PRIVATE.some(([network, mask]) => octetsOf(address).length === 4 &&
    octetsOf(address).every((octet, index) => (octet & octetsOf(mask)[index]!) === octetsOf(network)[index]))

/** One DER element; every length here is below 65,536. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts)
  const length = body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Uint8Array.from([tag, ...length]), body])
}

const SEQUENCE = 0x30
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87
const PERMITTED = 0xa0

/**
 * DER of NameConstraints (RFC 5280 4.2.1.10): only `names` and private IPv4 addresses are permitted.
 * IPv6 is shut out by it too: with one permitted address, every address has to be permitted.
 */
export function nameConstraints(names: readonly string[]): Uint8Array {
  const domains = names.map((name) => der(DNS_NAME, Buffer.from(name, 'ascii')))
  const networks = PRIVATE.map(([address, mask]) => der(IP_ADDRESS, Uint8Array.from([...octetsOf(address), ...octetsOf(mask)])))
  return der(SEQUENCE, der(PERMITTED, ...[...domains, ...networks].map((base) => der(SEQUENCE, base))))
}
