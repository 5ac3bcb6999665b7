import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { DeviceRefused } from './device-refused.js'

const WORDS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  EADDRINUSE: ['port-busy', 'Another program uses the port. Stop that program or choose another port; it is tried again by itself.'],
  EADDRNOTAVAIL: ['bad-address', 'This computer does not have the configured address. Correct `host`, or use 0.0.0.0 for every address.'],
  EACCES: ['not-permitted', 'The service may not use this port, folder or file. Correct the permissions (ports below 1024 need a capability).'],
  EPERM: ['not-permitted', 'The service may not use this port, folder or file. Correct the permissions.'],
  EROFS: ['read-only', 'The medium is read-only. Make it writable: files are removed once they are safe in the store.'],
  ENOENT: ['folder-missing', 'The folder is not there. Plug in or mount the medium; it is tried again by itself.'],
  ENOTDIR: ['folder-missing', 'The path is not a folder. Correct `folder`.'],
  ENODEV: ['device-gone', 'The device is not connected. Plug it in; it is tried again by itself.'],
  EIO: ['io-error', 'The medium or device answers with errors. Replace it, or copy its files to another one.'],
  BAD_CERTIFICATE: ['bad-certificate', 'The TLS certificate or key can not be used. Check `tls.certPath`, `tls.keyPath` and `tls.caPath`: PEM files that belong together and that the service may read.'],
  ENOSPC: ['store-full', 'The disk is full. Free space or connect the uplink.']
}

/** A failure of the system in words a person can act on. */
export function deviceProblem(error: unknown): Problem {
  if (error instanceof DeviceRefused) return error.problem
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  const [stable, message] = WORDS[code] ?? ['device-failed', `The device could not be used (${code || 'see the log'}). It is tried again by itself.`]
  const port = (error as { port?: unknown } | undefined)?.port
  return problem(stable, typeof port === 'number' ? `Port ${port}: ${message}` : message)
}
