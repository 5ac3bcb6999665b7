import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Certificate = { readonly cert: string; readonly key: string; readonly certPath: string; readonly keyPath: string }

/** Authorities and certificates of one test, made by OpenSSL in a folder of the test's. */
export function certificatesIn(folder: string) {
  const path = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): void => { execFileSync('openssl', args, { stdio: 'ignore' }) }
  const made = (name: string): Certificate => ({ certPath: path(`${name}.pem`), keyPath: path(`${name}.key`), cert: readFileSync(path(`${name}.pem`), 'utf8'), key: readFileSync(path(`${name}.key`), 'utf8') })
  return {
    /** Signs itself: an authority, or a server that pins itself. */
    authority(name: string, days = 2): Certificate {
      openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(days), '-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`))
      return made(name)
    },
    /** Signed by an authority made before; `address` is what a client calls it by (`IP:127.0.0.1`, `DNS:pacs.example`). */
    issue(name: string, by: string, address = 'IP:127.0.0.1'): Certificate {
      openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-addext', `subjectAltName=${address}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`))
      openssl('x509', '-req', '-in', path(`${name}.csr`), '-CA', path(`${by}.pem`), '-CAkey', path(`${by}.key`), '-CAcreateserial', '-copy_extensions', 'copy', '-days', '2', '-out', path(`${name}.pem`))
      return made(name)
    }
  }
}
