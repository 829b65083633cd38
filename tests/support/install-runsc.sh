#!/bin/bash
# Puts gVisor's runsc from Debian 13 into the cache folder and prints its path. Made once per machine.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
cache="${PERSONA_TEST_CACHE:-$HOME/.cache/persona-platform}"
runsc="$cache/runsc"

fail() {
  echo "install-runsc: $1" >&2
  exit 1
}

# That tree is a Debian 13 with apt; this one may be older, and its runsc with it.
tree="$("$here/install-postgres.sh")"
exec 9>"$cache/runsc.lock"
flock --timeout 900 9 || fail "another process has held $cache/runsc.lock for 15 minutes. End it, then try again."

if [ ! -x "$runsc" ]; then
  part="$(mktemp -d "$tree/tmp/runsc.XXXXXX")"
  trap 'rm -rf "$part"' EXIT
  chmod 755 "$part"
  cp /etc/resolv.conf "$tree/etc/resolv.conf"
  chroot "$tree" sh -ec 'apt-get -q update && cd "/tmp/$1" && apt-get -q download runsc' sh "${part##*/}" \
    >"$cache/runsc.log" 2>&1 || fail "downloading runsc failed. Last lines of the log:
$(tail -n 15 "$cache/runsc.log")"
  dpkg -x "$part"/runsc_*.deb "$part"
  mv "$part/usr/bin/runsc" "$runsc"
fi
echo "$runsc"
