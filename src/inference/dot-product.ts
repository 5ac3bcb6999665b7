import { readFile } from 'node:fs/promises'

/**
 * Whether a CPU, by the text of /proc/cpuinfo, sums the products of bytes in 32 bits in one instruction (VNNI of AVX-512 or AVX).
 * AVX2 alone sums pairs in 16 bits, which overflow with whole-byte activations.
 */
export const sumsBytesExactly = (cpuinfo: string): boolean => /^flags\s*:.*\b(?:avx512_vnni|avx_vnni)\b/m.test(cpuinfo)

/** What this machine says of its CPU; empty where it does not say. */
export const cpuDescription = (): Promise<string> => readFile('/proc/cpuinfo', 'utf8').catch(() => '')
