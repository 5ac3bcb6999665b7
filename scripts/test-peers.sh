#!/usr/bin/env bash
# Installs the peers that the tests talk to, from Debian's or Ubuntu's packages. Run as root, or with sudo at hand.
set -euo pipefail
packages=(orthanc orthanc-dicomweb age dcmtk dicom3tools chromium poppler-utils strace fonts-dejavu-core bsdutils gcc libc6-dev openssl restic openssh-server openssh-client socat systemd udev nftables dnsmasq-base shellcheck rauc squashfs-tools cryptsetup-bin mmdebstrap mtools dosfstools e2fsprogs ffmpeg qpdf sane-utils gphoto2 qemu-system-x86 ovmf swtpm swtpm-tools prometheus)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "test peers: all present (${packages[*]})"
  exit 0
fi
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
export DEBIAN_FRONTEND=noninteractive
# Orthanc must not start by itself and take the ports of the clinic's machine.
if [ ! -e /usr/sbin/policy-rc.d ] && [ "${#sudo[@]}" -eq 0 ]; then
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
echo "test peers: installed ${missing[*]}"
