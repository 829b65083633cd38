# Sourced by the scripts beside it. What is slow to make is made once and kept in a folder outside of the clone. Its name
# holds the hash of what it is made from, so that another version is made anew. It gets that name only when it is whole.

cache="${PERSONA_TEST_CACHE:-$HOME/.cache/persona-platform}"
mkdir -p "$cache"

fail() {
  echo "$(basename "$0" .sh): $1" >&2
  exit 1
}

# Prints twelve digits that stand for the contents of these files.
content_key() {
  cat -- "$@" | sha256sum | cut -c 1-12
}

# Waits until no other process makes the thing of this name; the lock ends with this process.
lock() {
  exec 9>"$cache/$1.lock"
  flock --timeout 900 9 || fail "another process has held $cache/$1.lock for 15 minutes. End it, then try again."
}
