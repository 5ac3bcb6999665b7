/** A network that a certificate may name, as RFC 5280 4.2.1.10 writes it: address and mask. */
type Network = readonly [address: string, mask: string]

/** What never leads to a site of the internet: loopback, a direct cable (RFC 3927), RFC 1918, and shared addresses (RFC 6598). */
const PRIVATE: readonly Network[] = [
  ['127.0.0.0', '255.0.0.0'], ['10.0.0.0', '255.0.0.0'], ['172.16.0.0', '255.240.0.0'], ['192.168.0.0', '255.255.0.0'],
  ['169.254.0.0', '255.255.0.0'], ['100.64.0.0', '255.192.0.0']
]

/** Octets of a dotted IPv4 address. */
const octetsOf = (address: string): number[] => address.split('.').map(Number)

/** True for an IPv4 address of those networks. */
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

const addressAndMask = (address: string, mask: string): Uint8Array => der(IP_ADDRESS, Uint8Array.from([...octetsOf(address), ...octetsOf(mask)]))
const exactly = (address: string): Uint8Array => addressAndMask(address, '255.255.255.255')

/**
 * DER of NameConstraints (RFC 5280 4.2.1.10): only `names`, private IPv4 addresses and the given other ones are permitted.
 * IPv6 is shut out by it too: with one permitted address, every address has to be permitted.
 */
export function nameConstraints(names: readonly string[], others: readonly string[] = []): Uint8Array {
  const domains = names.map((name) => der(DNS_NAME, Buffer.from(name, 'ascii')))
  const networks = [...PRIVATE.map(([address, mask]) => addressAndMask(address, mask)), ...others.map(exactly)]
  return der(SEQUENCE, der(PERMITTED, ...[...domains, ...networks].map((base) => der(SEQUENCE, base))))
}

/** True when the authority (DER) may vouch for an IPv4 address. */
export const permits = (authority: Buffer, address: string): boolean => isPrivateAddress(address) || (octetsOf(address).length === 4 && authority.includes(Buffer.from(exactly(address))))
