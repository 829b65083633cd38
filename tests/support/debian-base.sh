#!/bin/bash
# Makes the archive of a minimal Debian 13 (trixie) that the test PostgreSQL and the offline sandbox image stand on.
# Prints the archive's path. Made once per machine, in the cache folder.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
source "$here/cache.sh"
archive="$cache/trixie-base-$(content_key "$0").tar"
mirror="${DEBIAN_MIRROR:-http://deb.debian.org/debian}"

is_whole() {
  [ -f "$archive" ] && [ "$(sha256sum <"$archive")" = "$(cat "$archive.sha256" 2>/dev/null)" ]
}

[ "$(id -u)" = 0 ] || fail 'debootstrap needs root. Run the tests as root, in a container or a virtual machine if you like.'
command -v debootstrap >/dev/null || fail 'debootstrap is missing. Install it: apt-get install debootstrap'

lock debian-base
if ! is_whole; then
  tree="$(mktemp -d "$cache/debian-base.XXXXXX")"
  trap 'rm -rf --one-file-system "$tree" "$archive.part"' EXIT
  debootstrap --variant=minbase trixie "$tree" "$mirror" >"$cache/debian-base.log" 2>&1 ||
    fail "debootstrap failed; is $mirror within reach? (DEBIAN_MIRROR names another.) Its last lines:
$(tail -n 15 "$cache/debian-base.log")"
  chmod 755 "$tree"
  rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
  tar --numeric-owner -C "$tree" -cf "$archive.part" .
  sha256sum <"$archive.part" >"$archive.sha256"
  mv "$archive.part" "$archive"
fi
echo "$archive"
