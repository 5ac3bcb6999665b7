#!/usr/bin/env bash
# Brings veraPDF, the reference checker of PDF/A, for test/report/verapdf.test.ts: a Java runtime and Maven from Debian's packages, then veraPDF's own
# command line by Maven. Its one file goes to $VERAPDF_HOME (default /usr/local/share/verapdf). Run as root, or with sudo at hand.
# Ends with 3 where the repository of Maven's packages can not be reached: then the suite is skipped by name.
set -euo pipefail
version=1.28.2
sha256=687d4d8bcfec48c9f7e931cf78ed061f1eeccfba55d4cdc000ba9b4d8aa46ce6
home=${VERAPDF_HOME:-/usr/local/share/verapdf}
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
is_here() { command -v java >/dev/null && echo "$sha256  $home/verapdf.jar" | sha256sum --check --status 2>/dev/null; }
if is_here; then
  echo "veraPDF $version: present ($home)"
  exit 0
fi
missing=()
command -v java >/dev/null || missing+=(default-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
if [ "${#missing[@]}" -gt 0 ]; then
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! mvn -B -q dependency:copy "-Dartifact=org.verapdf.apps:greenfield-apps:$version" "-DoutputDirectory=$work" >"$work/log" 2>&1; then
  tail -n 3 "$work/log" >&2
  echo "veraPDF could not be fetched. Where this machine has the internet, run this again; else put the file greenfield-apps-$version.jar at $home/verapdf.jar." >&2
  exit 3
fi
echo "$sha256  $work/greenfield-apps-$version.jar" | sha256sum --check --quiet
"${sudo[@]}" install -D -m 644 "$work/greenfield-apps-$version.jar" "$home/verapdf.jar"
echo "veraPDF $version: installed ($home)"
