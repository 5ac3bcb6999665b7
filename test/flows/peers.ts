import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

/** Programs that suites talk to; all come from Debian's packages by one script. */
export type Peer = 'socat' | 'systemd-notify' | 'sshd' | 'ssh' | 'systemd-analyze' | 'prometheus' | 'swtpm' | 'mksquashfs' | 'debugfs' | 'mcopy' | 'mkfs.vfat' | 'dnsmasq' | 'hostapd' | 'nft' | 'shellcheck' | 'rauc' | 'storescu' | 'storescp' | 'dcmqrscp' | 'dcmdjpls' | 'echoscu' | 'dcmdump' | 'dcmconv' | 'wlmscpfs' | 'dump2dcm' | 'findscu' | 'cryptsetup' | 'blkid' | 'dpkg' | 'Orthanc' | 'chromium' | 'dciodvfy' | 'strace' | 'script' | 'restic' | 'age-keygen' | 'pdftoppm' | 'ffmpeg' | 'scanimage' | 'gphoto2' | 'age' | 'libOrthancDicomWeb.so' | 'versitygw'

/** Absolute path of a peer's program, or undefined when it is not installed. */
export const peerPath = (peer: Peer): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/share/orthanc/plugins'].map((folder) => join(folder, peer)).find(existsSync)

/**
 * A suite that needs peers. Where one is absent the suite is skipped by a name that says which command brings it;
 * in CI an absent peer is a failure.
 */
export function describeWith(peers: readonly Peer[], name: string, body: () => void): void {
  const absent = peers.filter((peer) => peerPath(peer) === undefined)
  if (absent.length === 0) {
    describe(name, body)
    return
  }
  const hint = `${name} (needs ${absent.join(', ')}: run scripts/test-peers.sh)`
  if (process.env['CI'] === 'true') describe(hint, () => { throw new Error(`In CI every peer must be there: ${absent.join(', ')}`) })
  else describe.skip(hint, body)
}
