#!/usr/bin/env bash
# Makes a whole system to write to a disk: Debian, appliance/, Node.js, the service and its packs. Same input, same hash.
#   scripts/flash/build-image.sh --target x86 --out img [--dry-run] [--update-lock]
# Needs Debian 12 or later, root (or user namespaces), mmdebstrap, npm, and dist/ or the means to build it. No loop devices.
set -euo pipefail
from=$PWD
cd "$(dirname "$0")/../.."
here=scripts/flash
# shellcheck source=scripts/flash/steps.sh
. "$here/steps.sh"

target=''; out=''; update_lock=no; label_of=screenpost
mirror=${SCREENPOST_MIRROR:-http://deb.debian.org/debian}
security=${SCREENPOST_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
suite=trixie
while [ $# -gt 0 ]; do
  case $1 in
    --target) target=${2:-}; shift 2 ;;
    --out) out=${2:-}; shift 2 ;;
    --mirror) mirror=${2:-}; shift 2 ;;
    --security-mirror) security=${2:-}; shift 2 ;;
    --update-lock) update_lock=yes; shift ;;
    --dry-run) dry_run=yes; shift ;;
    -h|--help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown argument $1 (see --help)" ;;
  esac
done
[ -n "$out" ] || fail '--out FOLDER is missing: where the image is put'
case $out in /*) ;; *) out=$from/$out ;; esac
case $target in
  x86) architecture=amd64; npm_cpu=x64 ;;
  jetson) exec "$here/build-jetson.sh" --out "$out" ${dry_run:+--dry-run} ;;
  *) fail "--target '$target': expected x86 or jetson" ;;
esac
need mmdebstrap npm tar

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct -- . 2>/dev/null || echo 1767225600)}
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C.UTF-8
umask 022
if [ -n "${SCREENPOST_WORK:-}" ]; then
  work=$SCREENPOST_WORK; mkdir -p "$work"
else
  work=$(mktemp -d "${TMPDIR:-/tmp}/screenpost-image.XXXXXX")
  trap 'rm -rf --one-file-system "$work"' EXIT
fi
mkdir -p "$out"
words() { sed 's/#.*//' "$1" | tr -s ' \n' ',,' | sed 's/^,//; s/,$//'; }
bootstrap() { # bootstrap FOLDER PACKAGES [OPTION...]
  local folder=$1 packages=$2; shift 2
  run mmdebstrap --quiet --variant=essential --format=directory --architectures="$architecture" --components=main,non-free-firmware \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "5"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/lib/*/libLLVM*' --dpkgopt='path-exclude=/usr/lib/*/libgallium*' --dpkgopt='path-exclude=/usr/lib/*/dri/*' \
    --dpkgopt='path-exclude=/usr/lib/*/libz3.so*' --dpkgopt='path-exclude=/usr/share/pocketsphinx/*' --dpkgopt='path-exclude=/usr/share/node_modules/corepack/*' \
    --include="$packages" "$@" "$suite" "$folder" "deb $mirror $suite main non-free-firmware" "deb $security $suite-security main non-free-firmware"
}

say '1/6 the service'
service=$work/service
stage_service "$service" "$npm_cpu"

say '2/6 the system'
system=$work/system
bootstrap "$system" "$(words "$here/$target/packages")" \
  --customize-hook="appliance/install.sh \"\$1\"" \
  --customize-hook="mkdir -p \"\$1/opt\" && cp -r \"$service\" \"\$1/opt/screenpost\"" \
  --customize-hook="$here/finish-system.sh \"\$1\" \"$label_of\""

say '3/6 the locked package list'
check_lock "$system" "$here/$target/packages.lock" "$update_lock"

say '4/6 the tools'
tools=$work/tools
bootstrap "$tools" "$(words "$here/$target/tools")"

say '5/6 the file systems'
run "$here/$target/make-disk.sh" "$system" "$tools" "$out"

say '6/6 what is in it'
run node scripts/sbom/main.mjs --root "$system" --out "$out/sbom.cdx.json"
run_sh "cd '$out' && sha256sum root.ext4 disk.img sbom.cdx.json > SHA256SUMS"
if [ "$dry_run" = yes ]; then say 'dry run: nothing was made'; else say "done: $out/disk.img $(sha256sum < "$out/disk.img" | cut -c1-64)"; fi
