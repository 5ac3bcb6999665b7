# shellcheck shell=bash
# Shared by the scripts of this folder: with --dry-run every command is shown and none is run.
dry_run=${dry_run:-no}
say() { printf '== %s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
shown() { printf '+'; printf ' %q' "$@"; printf '\n'; }
run() { if [ "$dry_run" = yes ]; then shown "$@"; else "$@"; fi; }
run_sh() { if [ "$dry_run" = yes ]; then printf '+ sh -c %q\n' "$1"; else bash -euo pipefail -c "$1"; fi; }
need() { # need COMMAND...: says everything that is missing at once, and the package that brings it
  local missing=() command
  for command in "$@"; do command -v "$command" >/dev/null || missing+=("$command"); done
  [ "${#missing[@]}" -eq 0 ] || [ "$dry_run" = yes ] || fail "missing: ${missing[*]}. Install: apt-get install ${missing[*]/npm/npm nodejs}"
}

# The service with what it needs to run and nothing else: stage_service FOLDER CPU
stage_service() {
  local to=$1 cpu=$2
  [ -e dist/appliance/main.js ] || { [ -d node_modules ] || run npm ci --no-audit --no-fund; run npm run --silent build; }
  run mkdir -p "$to"
  run cp package.json package-lock.json LICENSE "$to/"
  run cp -r web-static docs "$to/"
  # What runs on a box, without the tools of development beside it.
  run mkdir -p "$to/dist"
  run cp -r dist/appliance dist/src "$to/dist/"
  run_sh "tar -C models-int8 --exclude=./training -cf - . | (mkdir -p '$to/models-int8' && tar -C '$to/models-int8' -xf -)"
  run npm ci --prefix "$to" --omit=dev --ignore-scripts --no-audit --no-fund --os=linux --cpu="$cpu" --libc=glibc
  # Binaries of other systems that packages bring along all the same.
  run_sh "cd '$to/node_modules' && find . -path '*/bin/napi-v*/*' -mindepth 4 -type d \\( -name darwin -o -name win32 \\) -prune -exec rm -rf {} + ; find . -path '*/bin/napi-v*/linux/*' -type d ! -name '$cpu' -prune -exec rm -rf {} + ; find . -path '*/prebuilds/*' -type d ! -name 'linux-$cpu*' ! -path '*/linux-$cpu*/*' -prune -exec rm -rf {} +"
}

# check_lock ROOT FILE UPDATE: the same packages as when the lock was written, or a message that says what differs
check_lock() {
  local root=$1 lock=$2 update=$3
  if [ "$dry_run" = yes ]; then shown dpkg-query --admindir "$root/var/lib/dpkg" -W; return; fi
  dpkg-query --admindir "$root/var/lib/dpkg" -W -f '${Package}=${Version}:${Architecture}\n' | LC_ALL=C sort > "$root/../packages.now"
  if [ "$update" = yes ]; then
    cp "$root/../packages.now" "$lock"
    { echo '# Source package of each package in packages.lock whose name differs; ? where its version is not that of its source (an SBOM has it).'
      dpkg-query --admindir "$root/var/lib/dpkg" -W -f '${Package}\t${Version}\t${source:Package}\t${source:Version}\n' | LC_ALL=C sort |
        awk -F '\t' '{ own = $2; sub(/\+b[0-9]+$/, "", own); if (own != $4) print $1 "=?"; else if ($1 != $3) print $1 "=" $3 }'
    } > "${lock%.lock}.sources"
    say "wrote $lock and ${lock%.lock}.sources"
    return
  fi
  diff -u "$lock" "$root/../packages.now" >&2 && return
  fail "the mirror gives other versions than $lock. Take the ones of the lock: --mirror http://snapshot.debian.org/archive/debian/DATE/ and --security-mirror http://snapshot.debian.org/archive/debian-security/DATE/ (date in the lock's commit), or accept the new ones: --update-lock"
}
