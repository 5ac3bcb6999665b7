#!/usr/bin/env bash
# Asks for a factory reset at the next start: factory-reset.sh --disk /dev/sdX [--code 8DIGITS] [--dry-run]. Destroys the keys and with
# them all data; the system versions stay. With the label's code the box keeps its label, else it draws a new one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/flash/steps.sh
. "$here/steps.sh"
disk=''; code=''
while [ $# -gt 0 ]; do
  case $1 in
    --disk) disk=${2:-}; shift 2 ;;
    --code) code=${2:-}; shift 2 ;;
    --dry-run) dry_run=yes; shift ;;
    *) fail "unknown argument $1" ;;
  esac
done
[ -n "$disk" ] || fail '--disk is missing: the disk of the box, such as /dev/sda'
need mcopy
asked=$(mktemp)
trap 'rm -f "$asked"' EXIT
date -u +%s > "$asked"
run mcopy -o -i "$disk@@1M" "$asked" ::factory-reset
if [ -n "$code" ]; then printf '%s\n' "$code" > "$asked"; run mcopy -o -i "$disk@@1M" "$asked" ::label-code; fi
say 'at its next start the box destroys its keys and data and is as new'
