#!/usr/bin/env bash
# A signed update from a root file system: make-update.sh --root root.ext4 --version V --key KEY --cert CERT --out FILE.raucb [--break]
# --break spoils the service inside, for tests of going back. Nothing of a clinic's data is in an update or touched by one.
set -euo pipefail
from=$PWD
cd "$(dirname "$0")/../../.."
# shellcheck source=scripts/flash/steps.sh
. scripts/flash/steps.sh
root=''; version=''; key=''; cert=''; out=''; spoil=no
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=$2; shift 2 ;;
    --version) version=$2; shift 2 ;;
    --key) key=$2; shift 2 ;;
    --cert) cert=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --break) spoil=yes; shift ;;
    --dry-run) dry_run=yes; shift ;;
    *) fail "unknown argument $1" ;;
  esac
done
for each in root version key cert out; do [ -n "${!each}" ] || fail "--$each is missing"; done
for each in root key cert out; do case ${!each} in /*) ;; *) printf -v "$each" '%s/%s' "$from" "${!each}" ;; esac; done
[ "$dry_run" = yes ] || for each in root key cert; do [ -r "${!each}" ] || fail "${!each} (--$each) can not be read"; done
need rauc mksquashfs debugfs
work=$(mktemp -d "${TMPDIR:-/tmp}/screenpost-update.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/bundle"
run cp --sparse=always "$root" "$work/bundle/root.ext4"
if [ "$spoil" = yes ]; then
  echo 'process.exit(1)' > "$work/main.js"
  run_sh "printf 'rm /opt/screenpost/dist/appliance/main.js\nwrite $work/main.js /opt/screenpost/dist/appliance/main.js\n' | debugfs -w '$work/bundle/root.ext4' >/dev/null 2>&1"
fi
cat > "$work/bundle/manifest.raucm" <<END
[update]
compatible=screenpost-x86
version=$version

[bundle]
format=verity

[image.rootfs]
filename=root.ext4
END
rm -f "$out"
run rauc bundle --mksquashfs-args="-comp zstd -Xcompression-level 5" --cert="$cert" --key="$key" "$work/bundle" "$out"
# What boxes that fetch over the line read first (site file, part updates).
run_sh "printf '{\"version\":\"%s\",\"bytes\":%s,\"sha256\":\"%s\"}\n' '$version' \"\$(stat -c %s '$out')\" \"\$(sha256sum < '$out' | cut -c1-64)\" > '${out%.raucb}.json'"
