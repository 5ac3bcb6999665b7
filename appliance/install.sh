#!/bin/sh
# Copies the appliance's own content onto the root file system at ROOT: appliance/install.sh ROOT
set -eu
if [ $# -ne 1 ] || [ ! -d "$1/usr" ]; then echo 'usage: install.sh ROOT (a folder that holds a Debian root file system)' >&2; exit 64; fi
root=$1
here=$(cd "$(dirname "$0")" && pwd)
put() { # put MODE DESTINATION FILE...
  mode=$1; to=$root$2; shift 2
  mkdir -p "$to"
  install -m "$mode" "$@" "$to/"
}
put 644 /usr/lib/systemd/system "$here"/systemd/*
put 644 /usr/lib/udev/rules.d "$here"/udev/*.rules
put 644 /usr/lib/sysusers.d "$here"/sysusers/*
put 644 /usr/lib/tmpfiles.d "$here"/tmpfiles/*
put 644 /usr/lib/systemd/network "$here"/network/*
put 644 /usr/lib/systemd/journald.conf.d "$here"/journald/*
put 644 /usr/lib/systemd/logind.conf.d "$here"/logind/*
put 644 /usr/lib/systemd "$here"/zram/zram-generator.conf
put 644 /etc/rauc "$here"/rauc/system.conf
put 755 /usr/lib/screenpost "$here"/libexec/*
put 644 /usr/lib/screenpost/repart.d/plain "$here"/repart/plain/*
put 644 /usr/lib/screenpost/repart.d/tpm "$here"/repart/tpm/*
put 644 /usr/lib/screenpost/repart.d/key "$here"/repart/key/*
put 755 /etc/initramfs-tools/scripts/init-bottom "$here"/initramfs/overlay-bottom
mkdir -p "$root/etc/screenpost" "$root/data" "$root/efi"
install -m 644 "$here/nftables/screenpost.nft" "$root/etc/nftables.conf"
[ -e "$root/etc/screenpost/site.json" ] || install -m 644 "$here/site.appliance.json" "$root/etc/screenpost/site.json"
grep -q '^overlay$' "$root/etc/initramfs-tools/modules" 2>/dev/null || { mkdir -p "$root/etc/initramfs-tools"; cat "$here/initramfs/modules" >> "$root/etc/initramfs-tools/modules"; }
# Every unit of ours that says where it belongs is enabled, on every target alike (nothing of the system has to run for it).
link() { mkdir -p "$root/etc/systemd/system/$2"; ln -sf "/usr/lib/systemd/system/$1" "$root/etc/systemd/system/$2/$1"; }
for path in "$here"/systemd/screenpost* "$here"/systemd/efi.mount; do
  unit=$(basename "$path")
  sed -n 's/^WantedBy=//p' "$path" | while read -r target; do link "$unit" "$target.wants"; done
done
ln -sf /usr/lib/systemd/system/screenpost.target "$root/etc/systemd/system/default.target"
