import { crc32 } from 'node:zlib'

/** Names a scan among those of all digitizers, fit for a folder's name: the scan's id and a checksum of the serial number. */
export const scanKey = (serial: string, scanId: string): string => `${scanId}-${crc32(serial).toString(16).padStart(8, '0')}`
