# The first process of a room for one program: `perl program-keeper.pl SECONDS BYTES COMMAND...`
# It offers the way out, runs the command with BYTES of its own stdin as input, and says at the end, on stderr, how it ended:
# a zero byte and "exit 0", "signal 11" or "timeout". Everything in the room ends with it, also when its stdin closes, because
# then the executor is gone. In Perl, as that is on every Debian, starts in milliseconds and can call the kernel by number.
use strict;
use warnings;
use Fcntl;
use POSIX qw(:sys_wait_h);
use Socket;

my ($door, $port) = ('/run/egress/door', 8118);
my ($seconds, $size, @command) = @ARGV;
die "program-keeper: runs only in a room of its own, and not as root\n" unless -e $door && $> != 0;

$SIG{PIPE} = 'IGNORE';
my $input = first_of_stdin($size);
hide(1);
my $listener = listen_for_way_out();
pipe(my $woken, my $wake) or die "pipe: $!";
blocking($wake, 0);
$SIG{CHLD} = sub { syswrite $wake, '.' };
my $way_out = fork // die "fork: $!";
if ($way_out == 0) { forward($listener) }
my $program = fork // die "fork: $!";
if ($program == 0) { become_program() }
close $listener;
open(my $report, '>&', \*STDERR) or die "stderr: $!";
close STDOUT;
close STDERR;

my $end = wait_for_end();
kill KILL => -1; # all that it may signal: in this room, everything but the room's first process
1 while wait > 0;
print $report "\0$end\n";
close $report;
open_to_group();

# The program has the same user: without this it could write to the keeper's descriptors and memory.
sub hide {
  my ($hidden) = @_;
  my $prctl = (POSIX::uname())[4] eq 'x86_64' ? 157 : 167;
  syscall($prctl, 4, $hidden ? 0 : 1, 0, 0, 0); # PR_SET_DUMPABLE
}

sub first_of_stdin {
  my ($left) = @_;
  open(my $file, '+>', undef) or die "input: $!";
  while ($left > 0) {
    my $got = sysread(STDIN, my $piece, $left);
    exit 1 unless $got;
    syswrite $file, $piece;
    $left -= $got;
  }
  sysseek $file, 0, 0;
  return $file;
}

sub become_program {
  $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD);
  hide(0);
  # When memory runs out, the kernel ends the program and not its keeper.
  if (open(my $score, '>', '/proc/self/oom_score_adj')) { print $score 1000; close $score }
  open(STDIN, '<&', $input) or die "stdin: $!";
  chdir '/workspace' or die "/workspace: $!";
  umask 002;
  { no warnings; exec { $command[0] } @command }
  print STDERR "$command[0]: not found\n";
  POSIX::_exit(127);
}

sub wait_for_end {
  my $left = $seconds;
  while (1) {
    my $ready = '';
    vec($ready, fileno $_, 1) = 1 for $woken, \*STDIN;
    (my $found, $left) = select($ready, undef, undef, $left);
    return 'timeout' if $found == 0;
    next if $found < 0;
    if (vec($ready, fileno STDIN, 1)) { sysread(STDIN, my $more, 4096) or exit 1 }
    if (vec($ready, fileno $woken, 1)) {
      sysread $woken, my $signals, 4096;
      while ((my $gone = waitpid(-1, WNOHANG)) > 0) {
        next if $gone != $program;
        return WIFSIGNALED($?) ? 'signal ' . WTERMSIG($?) : 'exit ' . WEXITSTATUS($?);
      }
    }
  }
}

# Files that the program closed to its group are opened, so that the persona's tools can use them.
sub open_to_group {
  my @closed = (qw{( -type d ! -perm -070 -o -type f ! -perm -060 )});
  open(STDERR, '>', '/dev/null');
  exec qw(find /workspace -xdev -uid), $>, @closed, qw(-exec chmod ug+rwX {} +);
}

sub listen_for_way_out {
  socket(my $listener, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
  setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
  bind($listener, sockaddr_in($port, INADDR_LOOPBACK)) && listen($listener, 128) or die "the way out: $!";
  return $listener;
}

# Connections to the loopback go to the executor's egress proxy, as in egress-forwarder.ts.
sub forward {
  my ($listener) = @_;
  my (%socket, %peer, %held, %ended); # by descriptor; `held` is what is still to be written to it
  close $_ for \*STDIN, \*STDOUT, \*STDERR, $input;
  while (1) {
    my ($readable, $writable) = ('', '');
    vec($readable, fileno $listener, 1) = 1;
    for my $side (keys %socket) {
      vec($readable, $side, 1) = 1 unless $ended{$side} || length $held{$peer{$side}};
      vec($writable, $side, 1) = 1 if length $held{$side};
    }
    next if select($readable, $writable, undef, undef) <= 0;
    if (vec($readable, fileno $listener, 1) && accept(my $client, $listener)) {
      socket(my $out, AF_UNIX, SOCK_STREAM, 0);
      connect($out, sockaddr_un($door)) or next;
      blocking($_, 0) for $client, $out;
      my ($one, $other) = (fileno $client, fileno $out);
      @socket{$one, $other} = ($client, $out);
      @peer{$one, $other} = ($other, $one);
      @held{$one, $other} = ('', '');
      @ended{$one, $other} = (0, 0);
    }
    for my $side (keys %socket) {
      next unless exists $socket{$side};
      my $other = $peer{$side};
      my $is_alive = 1;
      if (vec($writable, $side, 1)) {
        my $written = syswrite $socket{$side}, $held{$side};
        if (defined $written) { substr($held{$side}, 0, $written) = '' }
        else { $is_alive = $!{EAGAIN} }
      }
      if ($is_alive && vec($readable, $side, 1)) {
        my $got = sysread $socket{$side}, my $piece, 65536;
        if (!defined $got) { $is_alive = $!{EAGAIN} }
        elsif ($got == 0) { $ended{$side} = 1 }
        else { $held{$other} .= $piece }
      }
      for my $to ($side, $other) {
        shutdown($socket{$to}, 1) if $ended{$peer{$to}} && $held{$to} eq '';
      }
      next if $is_alive && !($ended{$side} && $ended{$other} && $held{$side} . $held{$other} eq '');
      delete @$_{$side, $other} for \(%socket, %peer, %held, %ended);
    }
  }
}

sub blocking {
  my ($handle, $is_blocking) = @_;
  my $flags = fcntl($handle, F_GETFL, 0);
  fcntl($handle, F_SETFL, $is_blocking ? $flags & ~O_NONBLOCK : $flags | O_NONBLOCK);
}
