import { execFile } from 'node:child_process'
import { access, chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeDirectoryDurable } from '../../platform/durable-fs.js'

const run = promisify(execFile)

/** How restic reaches a repository over SFTP: with a key of this box, which lies in `folder`. */
export type SshWay = { readonly folder: string }

const KEY = 'id_ed25519'
export const publicKeyOf = ({ folder }: SshWay): string => join(folder, `${KEY}.pub`)

/** The folder with this box's own key for SFTP, made at its first use. @throws Error when ssh-keygen is not installed */
export async function openSshWay(folder: string): Promise<SshWay> {
  await makeDirectoryDurable(folder)
  await chmod(folder, 0o700)
  const isThere = await access(join(folder, KEY)).then(() => true, () => false)
  if (!isThere) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'screenpost-backup', '-f', join(folder, KEY)])
  return { folder }
}

type Place = { readonly host: string; readonly port?: string }

/** `sftp:user@host:/path`, or `sftp://user@host:port/path`; undefined for any other kind of repository. */
export function sftpPlace(repository: string): Place | undefined {
  const [, host, port] = /^sftp:\/\/([^/:]+)(?::(\d+))?\//.exec(repository) ?? /^sftp:([^/:]+):/.exec(repository) ?? []
  if (host === undefined) return undefined
  return port === undefined ? { host } : { host, port }
}

/**
 * restic's options for it: nobody is asked anything, the server's key is taken at the first time and no other one after it. The user's own keys
 * and known hosts count too.
 */
export function sftpOptions(repository: string, way: SshWay | undefined): readonly string[] {
  const place = sftpPlace(repository)
  if (!place || !way) return []
  const words = [
    'ssh', ...(place.port === undefined ? [] : ['-p', place.port]), place.host, '-i', join(way.folder, KEY), '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', '-o', 'ServerAliveInterval=30',
    '-o', 'StrictHostKeyChecking=accept-new', '-o', `UserKnownHostsFile=${join(way.folder, 'known_hosts')} ~/.ssh/known_hosts`, '-s', 'sftp'
  ]
  return ['-o', `sftp.command=${words.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' ')}`]
}

/** What a person can do about ssh's refusal; undefined where ssh refused nothing. */
export function sshAdvice(stderr: string, way: SshWay | undefined): string | undefined {
  if (!way) return undefined
  if (/Host key verification failed|HOST IDENTIFICATION HAS CHANGED/i.test(stderr)) {
    return `Another server answers than at the first time. Ask the centre; if the server was replaced, remove its line from ${join(way.folder, 'known_hosts')} and try again.`
  }
  if (/Permission denied/i.test(stderr)) return `The server does not know this box. Have the centre add the line in ${publicKeyOf(way)} to its authorized_keys.`
  if (/Connection refused|timed out|No route to host|Could not resolve/i.test(stderr)) return 'The server does not answer. Check the link and the address; what is new is copied the next time.'
  // restic may give up before it has passed on what ssh said.
  if (/unable to start the sftp session/i.test(stderr)) {
    return `The server ended the line at its beginning. Have the centre look whether the line in ${publicKeyOf(way)} is in its authorized_keys; if it is, try again.`
  }
  return undefined
}
