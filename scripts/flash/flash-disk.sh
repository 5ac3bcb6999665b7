#!/usr/bin/env bash
# Writes an image to the disk of an x86 mini-PC (or to a file) and prints the box's label.
#   flash-disk.sh --image img/disk.img --disk /dev/sdX [--encryption tpm|ask|key|none] [--site site.bundle.json] [--centre centre.pem] [--backup-env backup.env] [--code 8DIGITS] [--dry-run] [--yes]
# tpm: the disk opens only in this box (default where it has a TPM). ask: a person types a passphrase on the box's Wi-Fi at every start. key: the key lies on the disk's start partition: it protects
# against nothing but a factory reset that is meant. none: whoever takes the disk can read it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/flash/steps.sh
. "$here/steps.sh"
image=''; disk=''; encryption=auto; site=''; centre=''; backup_env=''; code=''; sure=no
while [ $# -gt 0 ]; do
  case $1 in
    --image) image=${2:-}; shift 2 ;;
    --disk) disk=${2:-}; shift 2 ;;
    --encryption) encryption=${2:-}; shift 2 ;;
    --site) site=${2:-}; shift 2 ;;
    --centre) centre=${2:-}; shift 2 ;;
    --backup-env) backup_env=${2:-}; shift 2 ;;
    --code) code=${2:-}; shift 2 ;;
    --yes) sure=yes; shift ;;
    --dry-run) dry_run=yes; shift ;;
    *) fail "unknown argument $1" ;;
  esac
done
[ -n "$image" ] || fail '--image is missing: the disk.img of build-image.sh'
[ -n "$disk" ] || fail '--disk is missing: the whole disk, such as /dev/sda or /dev/nvme0n1 (lsblk shows them)'
case $encryption in auto|tpm|ask|key|none) ;; *) fail "--encryption '$encryption': expected tpm, ask, key, none or auto" ;; esac
[ -z "$code" ] || [[ $code =~ ^[0-9]{8}$ ]] || fail '--code: expected eight digits'
[ -z "$site" ] || [ -n "$centre" ] || fail '--site needs --centre centre.pem: the box takes only what its centre signed'
[ -z "$backup_env" ] || [ "$dry_run" = yes ] || [ -r "$backup_env" ] || fail "$backup_env can not be read: the S3 credentials of the backup (docs/backup.md)"
need dd mcopy sha256sum
work=$(mktemp -d "${TMPDIR:-/tmp}/screenpost-flash.XXXXXX")
trap 'rm -rf "$work"' EXIT
# The person who writes the disk sees what the box will take at its first start.
if [ -n "$site" ] && [ "$dry_run" != yes ]; then
  [ -e "$here/../../dist/appliance/main.js" ] || fail 'the bundle can not be checked: build first (npm run build)'
  mkdir "$work/site" "$work/none"
  cp "$site" "$work/site/bundle.json" || fail "$site can not be read"
  say 'at its first start the box will take:'
  node "$here/../../dist/appliance/main.js" update show "$work/site" --trust "$centre" --data "$work/none" || fail 'not written'
fi
if [ "$dry_run" != yes ]; then
  [ -r "$image" ] || fail "$image can not be read; make it with scripts/flash/build-image.sh"
  if [ -b "$disk" ]; then
    ! grep -qE "^${disk}[p0-9]* " /proc/mounts || fail "$disk is in use (mounted). Is it the disk of this computer?"
    [ "$sure" = yes ] || { read -r -p "Everything on $disk is lost. Type its name to go on: " answer; [ "$answer" = "$disk" ] || fail 'not written'; }
  fi
fi
[ -n "$code" ] || code=$(od -An -N8 -tu8 /dev/urandom | tr -d ' ' | tail -c 9 | head -c 8)
say "writing $image to $disk"
run dd if="$image" of="$disk" bs=4M conv=fsync,sparse,notrunc status=none
printf '%s\n' "$code" > "$work/label-code"
printf 'ENCRYPTION=%s\n' "$encryption" > "$work/screenpost.conf"
put() { run mcopy -o -i "$disk@@1M" "$1" "::$2"; }
put "$work/label-code" label-code
put "$work/screenpost.conf" screenpost.conf
if [ "$encryption" = key ]; then head -c 64 /dev/urandom > "$work/data.key"; put "$work/data.key" data.key; fi
[ -z "$centre" ] || put "$centre" centre.pem
[ -z "$site" ] || put "$site" site.bundle.json
[ -z "$backup_env" ] || put "$backup_env" backup.env
[ ! -b "$disk" ] || run blockdev --rereadpt "$disk"
"$here/verify.sh" --image "$image" --disk "$disk" ${dry_run:+$([ "$dry_run" = yes ] && echo --dry-run)}
cat <<LABEL

+--------------------------------------+
|  SCREENPOST                          |
|  page   https://screenpost.home.arpa |
|  code   ${code:0:4} ${code:4:4}                    |
+--------------------------------------+
Stick this on the box. The code opens the first setup and the Wi-Fi until then.
LABEL
