import { execFile } from 'node:child_process'
import { access, chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeDirectoryDurable } from '../../platform/durable-fs.js'

const run = promisify(execFile)

/** How restic reaches a repository over SFTP: with a key of this box, which lies in `folder`. */
export type SshWay = { readonly folder: string }

const KEY = 'id_ed25519'
const publicKeyOf = ({ folder }: SshWay): string => join(folder, `${KEY}.pub`)

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

/** Nobody is asked anything, the server's key is taken at the first time and no other one after it. The user's own keys and known hosts count too. */
function sshWords(place: Place, way: SshWay): readonly [string, ...string[]] {
  return [
    'ssh', ...(place.port === undefined ? [] : ['-p', place.port]), place.host, '-i', join(way.folder, KEY), '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', '-o', 'ServerAliveInterval=30',
    '-o', 'StrictHostKeyChecking=accept-new', '-o', `UserKnownHostsFile=${join(way.folder, 'known_hosts')} ~/.ssh/known_hosts`, '-s', 'sftp'
  ]
}

/** restic's options for it. */
export function sftpOptions(repository: string, way: SshWay | undefined): readonly string[] {
  const place = sftpPlace(repository)
  if (!place || !way) return []
  const words = sshWords(place, way)
  return ['-o', `sftp.command=${words.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' ')}`]
}

/**
 * What a person can do about ssh's refusal of a repository; undefined where ssh refused nothing. restic may give up before it has passed on what ssh
 * said: then ssh is asked once more by itself.
 */
export async function sshAdvice(stderr: string, repository: string, way: SshWay | undefined): Promise<string | undefined> {
  const place = sftpPlace(repository)
  if (!way || !place) return undefined
  const advice = adviceOn(stderr, way)
  if (advice !== undefined || !/unable to start the sftp session/i.test(stderr)) return advice
  return adviceOn(await sshSays(sshWords(place, way)), way) ??
    `The server ended the line at its beginning. Have the centre look whether the line in ${publicKeyOf(way)} is in its authorized_keys; if it is, try again.`
}

/** What ssh writes when its line is opened and nothing is asked of it. */
const sshSays = ([ssh, ...words]: readonly [string, ...string[]]): Promise<string> => new Promise((resolve) => {
  const child = execFile(ssh, words, { timeout: 60_000 }, (_error, _stdout, stderr) => resolve(stderr))
  child.stdin?.end()
})

function adviceOn(stderr: string, way: SshWay): string | undefined {
  if (/Host key verification failed|HOST IDENTIFICATION HAS CHANGED/i.test(stderr)) {
    return `Another server answers than at the first time. Ask the centre; if the server was replaced, remove its line from ${join(way.folder, 'known_hosts')} and try again.`
  }
  if (/Permission denied/i.test(stderr)) return `The server does not know this box. Have the centre add the line in ${publicKeyOf(way)} to its authorized_keys.`
  if (/Connection refused|timed out|No route to host|Could not resolve/i.test(stderr)) return 'The server does not answer. Check the link and the address; what is new is copied the next time.'
  return undefined
}
