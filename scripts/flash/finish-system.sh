#!/usr/bin/env bash
# The last touches inside a root file system made by mmdebstrap: finish-system.sh ROOT HOSTNAME
set -euo pipefail
root=$1; name=$2
echo "$name" > "$root/etc/hostname"
printf '127.0.0.1 localhost %s\n::1 localhost\n10.77.0.1 screenpost.home.arpa\n' "$name" > "$root/etc/hosts"
: > "$root/etc/machine-id"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
rm -f "$root/etc/fstab" && : > "$root/etc/fstab"
version=$(node -p 'require(process.argv[1]).version' "$root/opt/screenpost/package.json")
printf 'VERSION=%s\nBUILD_EPOCH=%s\n' "$version" "$SOURCE_DATE_EPOCH" > "$root/usr/lib/screenpost/release"
# Certificates of whoever may sign updates. Without any, this system takes no update from anybody.
mkdir -p "$root/etc/rauc"
if [ -n "${SCREENPOST_UPDATE_KEYRING:-}" ]; then install -m 644 "$SCREENPOST_UPDATE_KEYRING" "$root/etc/rauc/keyring.pem"; else : > "$root/etc/rauc/keyring.pem"; fi
run() { chroot "$root" "$@"; }
run systemd-sysusers
# Our own units are enabled by appliance/install.sh.
run systemctl enable systemd-networkd.service systemd-resolved.service systemd-timesyncd.service nftables.service
run systemctl mask systemd-firstboot.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-networkd-wait-online.service
# Checked by the image's own tools, which are newer than many a build machine's.
run udevadm verify /usr/lib/udev/rules.d/70-screenpost.rules /usr/lib/udev/rules.d/71-screenpost-media.rules
run systemd-analyze security --offline=true --threshold=20 --no-pager /usr/lib/systemd/system/screenpost.service > /dev/null
# No account has a password; root's is locked. A technician comes in through the page, or with the disk in hand.
run passwd -l root >/dev/null
kernel=$(basename "$(ls -d "$root"/usr/lib/modules/*)")
run update-initramfs -u -k "$kernel"
ln -sf "vmlinuz-$kernel" "$root/boot/vmlinuz"
ln -sf "initrd.img-$kernel" "$root/boot/initrd.img"
rm -rf "$root"/var/log/* "$root"/var/cache/* "$root"/var/lib/apt/lists/* "$root"/etc/ssl/private/* "$root"/run/* "$root"/tmp/* "$root"/boot/System.map-*
rm -f "$root"/var/lib/systemd/random-seed "$root"/var/lib/dbus/machine-id "$root"/etc/.pwd.lock "$root"/etc/*- "$root"/var/lib/dpkg/*-old "$root"/vmlinuz* "$root"/initrd.img*
mkdir -p "$root/var/log/journal" "$root/var/cache" "$root/var/lib/screenpost"
find "$root/opt/screenpost" -type d -exec chmod 755 {} + 
find "$root/opt/screenpost" -type f -exec chmod u=rw,go=r {} +
chown -R 0:0 "$root/opt/screenpost"
printf '#!/bin/sh\nexec /usr/bin/node /opt/screenpost/dist/appliance/main.js "$@"\n' > "$root/usr/bin/screenpost"
chmod 755 "$root/usr/bin/screenpost"
