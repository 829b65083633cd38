#!/bin/bash
# Makes a Debian tree with PostgreSQL 17, pgvector and pgmq for the tests, and prints its path.
# Made once per machine, in the cache folder (PERSONA_TEST_CACHE, else ~/.cache/persona-platform); later calls return at once.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
cache="${PERSONA_TEST_CACHE:-$HOME/.cache/persona-platform}"
tree="$cache/postgres-17"
pgmq="$here/../../node_modules/@electric-sql/pglite-pgmq/dist/pgmq.tar.gz"

fail() {
  echo "install-postgres: $1" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail 'needs root (debootstrap, chroot). Run the tests as root, in a container or a virtual machine if you like.'
[ -f "$pgmq" ] || fail 'pgmq is missing. Run npm install first.'

mkdir -p "$cache"
exec 9>"$cache/postgres-17.lock"
flock --timeout 900 9 || fail "another process has held $cache/postgres-17.lock for 15 minutes. End it, then try again."

# The tree appears under its name only when it is whole, so a broken attempt is never taken for a good one.
if [ ! -d "$tree" ]; then
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
