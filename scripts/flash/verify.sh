#!/usr/bin/env bash
# Reads a written disk back and compares it with its image: verify.sh --image img/disk.img --disk /dev/sdX [--dry-run]
# The two systems' partitions must be the same byte for byte; the start partition holds the box's own label and is checked for its files.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/flash/steps.sh
. "$here/steps.sh"
image=''; disk=''
while [ $# -gt 0 ]; do
  case $1 in
    --image) image=${2:-}; shift 2 ;;
    --disk) disk=${2:-}; shift 2 ;;
    --dry-run) dry_run=yes; shift ;;
    *) fail "unknown argument $1" ;;
  esac
done
if [ -z "$image" ] || [ -z "$disk" ]; then fail '--image and --disk are needed'; fi
need sha256sum mdir
if [ "$dry_run" = yes ]; then
  shown sha256sum "$image from 65 MiB on" "$disk from 65 MiB on"
  shown mdir -i "$disk@@1M" ::
  exit 0
fi
bytes=$(stat -c %s "$image")
skip=65
count=$(( bytes / 1048576 - skip - 1 ))
hash_of() { dd if="$1" bs=1M skip=$skip count=$count status=none | sha256sum | cut -d' ' -f1; }
[ ! -b "$disk" ] || blockdev --flushbufs "$disk"
wanted=$(hash_of "$image")
found=$(hash_of "$disk")
[ "$wanted" = "$found" ] || fail "the disk does not hold what was written ($found, expected $wanted). Write it again; if it happens twice the disk is broken."
for each in EFI/BOOT/BOOTX64.EFI grub/grub.cfg grub/grubenv label-code screenpost.conf; do
  mdir -b -i "$disk@@1M" "::$each" >/dev/null || fail "the start partition lacks $each. Write the disk again with flash-disk.sh."
done
say "verified: $count MiB read back, sha256 $found"
