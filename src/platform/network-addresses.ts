import { networkInterfaces } from 'node:os'

/** IPv4 addresses of this machine that others can reach, in the system's order; empty without a network. */
export const lanAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter((each) => each.family === 'IPv4' && !each.internal && !each.address.startsWith('169.254.')).map((each) => each.address))

/** `host` as a peer would dial it: a wildcard becomes the first reachable address, else loopback. */
export const dialableHost = (host: string): string => (['0.0.0.0', '::', ''].includes(host) ? (lanAddresses()[0] ?? '127.0.0.1') : host)
