#!/bin/bash
# Puts gVisor's runsc from Debian 13 into the cache folder and prints its path. Made once per machine.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
source "$here/cache.sh"
runsc="$cache/runsc-$(content_key "$0")"

# That tree is a Debian 13 with apt; this one may be older, and its runsc with it.
tree="$("$here/install-postgres.sh")"
lock runsc
if ! "$runsc" --version >/dev/null 2>&1; then
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
