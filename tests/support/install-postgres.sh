#!/bin/bash
# Makes a Debian tree with PostgreSQL 17, pgvector and pgmq for the tests, and prints its path.
# Made once per machine, in the cache folder (PERSONA_TEST_CACHE, else ~/.cache/persona-platform); later calls return at once.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
source "$here/cache.sh"
pgmq="$here/../../node_modules/@electric-sql/pglite-pgmq/dist/pgmq.tar.gz"

[ "$(id -u)" = 0 ] || fail 'needs root (debootstrap, chroot). Run the tests as root, in a container or a virtual machine if you like.'
[ -f "$pgmq" ] || fail 'pgmq is missing. Run npm install first.'

tree="$cache/postgres-17-$(content_key "$0" "$here/debian-base.sh" "$pgmq")"

is_whole() {
  [ -f "$tree/srv/clusters/template/PG_VERSION" ] &&
    [ -f "$tree/usr/share/postgresql/17/extension/pgmq.control" ] &&
    chroot "$tree" /usr/lib/postgresql/17/bin/postgres --version >/dev/null 2>&1
}

lock postgres-17
if ! is_whole; then
  # What somebody has damaged is put aside, not made over: a server may still run in it.
  [ ! -d "$tree" ] || mv "$tree" "$(mktemp -d "$cache/broken.XXXXXX")"
  base="$("$here/debian-base.sh")"
  part="$(mktemp -d "$cache/postgres-17.XXXXXX")"
  trap 'rm -rf --one-file-system "$part"' EXIT
  tar -C "$part" -xf "$base"

  mkdir -p "$part/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$part/etc/postgresql-common/createcluster.conf"
  printf '#!/bin/sh\nexit 101\n' >"$part/usr/sbin/policy-rc.d"
  chmod 755 "$part/usr/sbin/policy-rc.d"
  cp /etc/resolv.conf "$part/etc/resolv.conf"

  # Mounts live in a namespace of their own and vanish with it.
  unshare --mount sh -ec '
    mount -t proc proc "$1/proc"
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
    chroot "$1" apt-get -q update
    chroot "$1" apt-get -q install -y --no-install-recommends postgresql-17 postgresql-17-pgvector
    chroot "$1" apt-get clean
  ' sh "$part" >"$cache/postgres-17.log" 2>&1 ||
    fail "installing PostgreSQL 17 failed. Last lines of the log:
$(tail -n 15 "$cache/postgres-17.log")"

  extensions="$part/usr/share/postgresql/17/extension"
  tar -C "$extensions" --no-same-owner --strip-components=3 -xzf "$pgmq"
  [ -f "$extensions/pgmq.control" ] || fail "pgmq.control is not where it was expected in $pgmq"

  # A cluster that is ready to be copied, so that no test waits for initdb.
  chroot "$part" install -d -o postgres -g postgres -m 700 /srv/clusters
  chroot --userspec=postgres:postgres "$part" /usr/lib/postgresql/17/bin/initdb \
    --pgdata=/srv/clusters/template --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    >>"$cache/postgres-17.log" 2>&1 ||
    fail "initdb failed. Last lines of the log:
$(tail -n 15 "$cache/postgres-17.log")"
  mv "$part" "$tree"
fi
echo "$tree"
