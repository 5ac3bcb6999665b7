import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const repository = resolve(import.meta.dirname, '../..')

/** Programs of Debian that units start; their places as in the image. */
const PROGRAMS = ['/usr/bin/node', '/usr/sbin/hostapd', '/usr/sbin/dnsmasq', '/usr/bin/rauc', '/usr/bin/cp']
/** Units of Debian that ours name. */
const UNITS = ['multi-user.target', 'local-fs.target', 'network.target', 'network-pre.target', 'time-set.target', 'umount.target', 'shutdown.target', 'basic.target', 'sysinit.target', 'timers.target', 'paths.target', 'slices.target', 'sockets.target', 'final.target', 'local-fs-pre.target', 'swap.target', 'network-online.target']

/** A root file system with the appliance's content on it, as far as systemd's checker looks. */
export async function applianceRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'screenpost-root-'))
  await mkdir(join(root, 'usr/lib/systemd/system'), { recursive: true })
  for (const path of PROGRAMS) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), '#!/bin/sh\n')
    await chmod(join(root, path), 0o755)
  }
  for (const unit of UNITS) await writeFile(join(root, 'usr/lib/systemd/system', unit), '[Unit]\nDescription=of Debian\n')
  for (const unit of ['systemd-udevd', 'systemd-tmpfiles-setup-dev', 'systemd-journal-flush', 'systemd-networkd', 'systemd-timesyncd', 'systemd-sysusers', 'nftables'])
    await writeFile(join(root, 'usr/lib/systemd/system', `${unit}.service`), '[Unit]\nDescription=of Debian\n[Service]\nType=oneshot\nExecStart=/usr/bin/node\n')
  await run(join(repository, 'appliance/install.sh'), [root])
  return root
}
