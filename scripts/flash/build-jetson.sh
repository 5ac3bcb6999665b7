#!/usr/bin/env bash
# The Jetson's root file system: NVIDIA's sample root file system (L4T), appliance/, Node.js, the service and its packs, as a tar.
#   build-image.sh --target jetson --out DIR; needs SCREENPOST_L4T_ROOTFS=Tegra_Linux_Sample-Root-Filesystem_R36.4.x_aarch64.tbz2
#   and SCREENPOST_NODE=node-v20.x-linux-arm64.tar.xz with the hash in SCREENPOST_NODE_SHA256
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/flash/steps.sh
. scripts/flash/steps.sh
out=''
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=${2:-}; shift 2 ;;
    --dry-run) dry_run=yes; shift ;;
    *) fail "unknown argument $1" ;;
  esac
done
base=${SCREENPOST_L4T_ROOTFS:-Tegra_Linux_Sample-Root-Filesystem_R36.4.3_aarch64.tbz2}
node=${SCREENPOST_NODE:-node-v20-linux-arm64.tar.xz}
node_sha256=${SCREENPOST_NODE_SHA256:-}
if [ "$dry_run" != yes ]; then
  [ -r "$base" ] || fail "$base is missing: NVIDIA's sample root file system; give its place in SCREENPOST_L4T_ROOTFS"
  [ -r "$node" ] || fail "$node is missing: Node.js 20 for arm64; give its place in SCREENPOST_NODE"
  [ -n "$node_sha256" ] || fail 'SCREENPOST_NODE_SHA256 is missing: the hash of that file as its makers publish it'
  echo "$node_sha256  $node" | sha256sum -c - >/dev/null || fail "$node is not what its hash says. Fetch it again."
fi
need tar npm
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
work=$(mktemp -d "${TMPDIR:-/tmp}/screenpost-jetson.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
run mkdir -p "$work/root" "$out"
run tar -C "$work/root" --numeric-owner -xpf "$base"
run_sh "tar -C '$work/root/usr' --strip-components=1 -xf '$node' --wildcards '*/bin/node' '*/LICENSE'"
run appliance/install.sh "$work/root"
run_sh "printf 'VERSION=%s\\nBUILD_EPOCH=%s\\n' '$(node -p 'require("./package.json").version')' '$SOURCE_DATE_EPOCH' > '$work/root/usr/lib/screenpost/release'"
# No start partition of ours: flash-jetson.sh puts the box's label and choices into /efi of the system itself.
run rm -f "$work/root/usr/lib/systemd/system/efi.mount" "$work/root/etc/systemd/system/local-fs.target.wants/efi.mount"
run cp appliance/rauc/system-jetson.conf "$work/root/etc/rauc/system.conf"
stage_service "$work/root/opt/screenpost" arm64
run cp -r provisioning scripts/flash "$work/root/opt/screenpost/"
run_sh "tar -C '$work/root' --sort=name --mtime=@$SOURCE_DATE_EPOCH --numeric-owner --xattrs -cf '$out/rootfs.tar' ."
say "next: scripts/flash/flash-jetson.sh --image $out ..."
