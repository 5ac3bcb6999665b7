#!/usr/bin/env bash
# Writes the appliance to a Jetson in recovery mode through NVIDIA's own L4T tools, on two root slots (A/B).
#   flash-jetson.sh --l4t Linux_for_Tegra --image img-jetson --board jetson-orin-nano-devkit-super --storage nvme|sd [--encryption fused|ask|none] [--code 8DIGITS] [--dry-run]
# fused: the data opens with the key in the module's fuses (docs/hardware.md); ask: with a passphrase typed on the box's Wi-Fi.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/flash/steps.sh
. "$here/steps.sh"
l4t=''; image=''; board=''; storage=nvme; encryption=none; code=''
while [ $# -gt 0 ]; do
  case $1 in
    --l4t) l4t=${2:-}; shift 2 ;;
    --image) image=${2:-}; shift 2 ;;
    --board) board=${2:-}; shift 2 ;;
    --storage) storage=${2:-}; shift 2 ;;
    --encryption) encryption=${2:-}; shift 2 ;;
    --code) code=${2:-}; shift 2 ;;
    --dry-run) dry_run=yes; shift ;;
    *) fail "unknown argument $1" ;;
  esac
done
for each in l4t image board; do [ -n "${!each}" ] || fail "--$each is missing (see the head of this script)"; done
case $storage in nvme) device=nvme0n1p1 ;; sd) device=mmcblk0p1 ;; *) fail "--storage '$storage': expected nvme or sd" ;; esac
case $encryption in fused|ask|none) ;; *) fail "--encryption '$encryption': expected fused, ask or none" ;; esac
[ -n "$code" ] || code=$(od -An -N8 -tu8 /dev/urandom | tr -d ' ' | tail -c 9 | head -c 8)
[[ $code =~ ^[0-9]{8}$ ]] || fail '--code: expected eight digits'
missing=()
for each in flash.sh tools/kernel_flash/l4t_initrd_flash.sh tools/l4t_flash_prerequisites.sh apply_binaries.sh "$board.conf"; do [ -e "$l4t/$each" ] || missing+=("$l4t/$each"); done
[ -e "$image/rootfs.tar" ] || missing+=("$image/rootfs.tar (scripts/flash/build-image.sh --target jetson)")
command -v lsusb >/dev/null || missing+=('lsusb (apt-get install usbutils)')
if [ "${#missing[@]}" -gt 0 ]; then
  printf 'missing:\n' >&2; printf '  %s\n' "${missing[@]}" >&2
  printf 'Get "Driver Package (BSP)" of Jetson Linux 36.4 from NVIDIA, unpack it, and run tools/l4t_flash_prerequisites.sh in it.\n' >&2
  [ "$dry_run" = yes ] || exit 1
fi
if [ "$dry_run" != yes ]; then lsusb -d 0955: >/dev/null || fail 'no Jetson in recovery mode on USB. Hold REC while switching on; lsusb must show 0955:'; fi
run_sh "rm -rf '$l4t/rootfs' && mkdir '$l4t/rootfs' && tar -C '$l4t/rootfs' --numeric-owner --xattrs -xpf '$image/rootfs.tar'"
run_sh "mkdir -p '$l4t/rootfs/efi' && printf 'ENCRYPTION=%s\n' '$encryption' > '$l4t/rootfs/efi/screenpost.conf' && printf '%s\n' '$code' > '$l4t/rootfs/efi/label-code' && chmod 600 '$l4t/rootfs/efi/label-code'"
run_sh "cd '$l4t' && ./apply_binaries.sh"
# ROOTFS_AB makes APP and APP_b; what is left of the disk becomes the data partition at the first start.
run_sh "cd '$l4t' && ROOTFS_AB=1 ROOTFS_RETRY_COUNT_MAX=3 ./tools/kernel_flash/l4t_initrd_flash.sh --external-device $device -c tools/kernel_flash/flash_l4t_t234_nvme_rootfs_ab.xml --showlogs --network usb0 $board external"
say "label: page https://screenpost.home.arpa, code ${code:0:4} ${code:4:4}"
say 'written. docs/hardware.md says what to look at on the first start.'
