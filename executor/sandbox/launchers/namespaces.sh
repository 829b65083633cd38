#!/bin/sh
# Builds a persona's room inside new namespaces, where namespaces.ts starts it, and then becomes the runner.
# Arguments: mounts as `ro FROM TO`, `try FROM TO`, `rw FROM TO`, `fresh - TO`, then `--` and the command.
set -eu
umask 022
root=$ROOM

mount --make-rprivate /
mount -t tmpfs -o mode=0755,nosuid,nodev room "$root"

# Makes the mount point $2: a folder if $1 is a folder, otherwise an empty file.
place() {
  if [ -d "$1" ]; then
    mkdir -p "$2"
  else
    mkdir -p "$(dirname "$2")"
    : >"$2"
  fi
}
show() {
  place "$1" "$root$2"
  mount --bind "$1" "$root$2"
  mount -o "remount,bind,$3,nosuid,nodev" "$root$2"
}
while [ "$1" != -- ]; do
  case $1 in
    ro) show "$2" "$3" ro ;;
    rw) show "$2" "$3" rw ;;
    fresh)
      mkdir -p "$root$3"
      mount -t tmpfs -o mode=1777,nosuid,nodev fresh "$root$3"
      ;;
    try) [ ! -e "$2" ] || show "$2" "$3" ro ;;
  esac
  shift 3
done
shift

for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then ln -s "$(readlink "/$name")" "$root/$name"
  elif [ -d "/$name" ]; then show "/$name" "/$name" ro
  fi
done

mkdir "$root/proc" "$root/dev" "$root/tmp" "$root/host"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o mode=1777,nosuid,nodev tmp "$root/tmp"
mount -t tmpfs -o mode=0755,nosuid,noexec dev "$root/dev"
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir -m 1777 "$root/dev/shm"
mount -o remount,bind,ro,nosuid,noexec "$root/dev"

# The forwarder to the egress door listens on the loopback interface, which is down in a new network namespace.
# Perl brings it up, because perl-base is on every Debian and `ip` is not.
perl -e 'socket(S, 2, 2, 0); my $up = pack("a16sx14", "lo", 1); ioctl(S, 0x8914, $up) or die "loopback: $!"'
hostname sandbox

cd "$root"
pivot_root . host
umount -l /host
rmdir /host
mount -o remount,bind,ro,nosuid,nodev /
cd /
exec "$@"
