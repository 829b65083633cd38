/**
 * Starts a program so that it cannot reach into the runner, which has the same user: it may neither look at nor write to
 * the memory and the descriptors of a process outside of its own domain, nor signal one. That is Landlock, which the Linux
 * kernel has since 5.19 in the form that is needed; gVisor and older kernels do without (executor/sandbox/README.md).
 *
 * In Perl, as that is on every Debian, starts in milliseconds and can call the kernel by number.
 */

/** On all processors. */
const CREATE_RULESET = 444
const ADD_RULE = 445
const RESTRICT_SELF = 446

const SCRIPT = `
# When memory runs out, the kernel ends the program and not the runner that has its output.
if (open(my $score, '>', '/proc/self/oom_score_adj')) { print $score 1000; close $score }
my $version = syscall(${CREATE_RULESET}, 0, 0, 1);
if ($version >= 2) {
  # A domain has to govern something: moving files from folder to folder, which stays allowed everywhere below /.
  my $refer = 1 << 13;
  # From version 6 on signals as well.
  my $rights = $version >= 6 ? pack('QQQ', $refer, 0, 2) : pack('Q', $refer);
  my $domain = syscall(${CREATE_RULESET}, $rights, length $rights, 0);
  sysopen(my $root, '/', 0x200000) or die "apart: $!";
  my $below = pack('Ql', $refer, fileno $root);
  syscall(${ADD_RULE}, $domain, 1, $below, 0) == 0 or die "apart: $!";
  syscall(${RESTRICT_SELF}, $domain, 0) == 0 or die "apart: $!";
}
{ no warnings; exec { $ARGV[0] } @ARGV }
print STDERR "$ARGV[0]: not found\\n";
exit 127;
`

/** The command line that starts `command` apart. It exits with 127 when there is no such program. */
export const apart = (command: string[]): string[] => ['perl', '-e', SCRIPT, ...command]
