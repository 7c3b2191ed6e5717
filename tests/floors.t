# SPDX-License-Identifier: GPL-3.0-or-later
# The rule of the house: a file includes only its own folder and lower floors; and words that must not be said.
use strict;
use warnings;
use File::Find;
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $root = "$FindBin::Bin/..";
my %floor = (base => 0, sample => 1, codec => 1, engine => 2, observe => 2, stack => 2, analysis => 2, cluster => 3, store => 3,
    report => 3, run => 4, viewer => 4, cli => 5);
# the built-in server stands beside the house, and is built of these only; cli/ may show it
my %allowed = (skeleton => {map { $_ => 1 } qw(skeleton base codec)}, cli => {skeleton => 1});

sub violations {
    my ($src) = @_;
    my @found;
    find({no_chdir => 1, wanted => sub {
        return if !/\.[ch]$/;
        my ($folder) = m{^\Q$src\E/([^/]+)/} or return;
        push @found, "$folder has no floor" if !exists $floor{$folder} && !$allowed{$folder};
        open my $f, '<', $_ or die "$_: $!";
        while (my $line = <$f>) {
            my ($included) = $line =~ m{^\s*#\s*include\s+"([^"]+)"} or next;
            my ($to) = $included =~ m{^([^/]+)/};
            my $where = s{^\Q$src\E/}{}r . ":$.";
            if (!defined $to) {
                push @found, "$where includes \"$included\" without its folder";
            } elsif (exists $allowed{$folder} && $allowed{$folder}{$to}) {
                next;
            } elsif ($to ne $folder && !(exists $floor{$folder} && exists $floor{$to} && $floor{$to} < $floor{$folder})) {
                push @found, "$where includes \"$included\"";
            }
        }
        close $f;
    }}, $src);
    return @found;
}

is_deeply [violations("$root/src")], [], 'no file includes a higher floor, or its neighbour';

# The check itself can fail: a house that breaks each rule.
my $house = tempdir(CLEANUP => 1);
my %bad = (
    'base/a.c'     => '#include "engine/load.h"',
    'engine/b.c'   => '#include "observe/procs.h"',
    'report/c.c'   => '# include "run/run.h"',
    'skeleton/d.c' => '#include "engine/io.h"',
    'codec/e.c'    => '#include "neighbour.h"',
    'attic/f.c'    => '',
);
for my $file (keys %bad) {
    my ($dir) = $file =~ m{(.*)/};
    mkdir "$house/$dir";
    open my $f, '>', "$house/$file" or die;
    print $f "$bad{$file}\n";
    close $f;
}
is scalar(violations($house)), scalar(keys %bad), 'and a house that breaks the rule is found out';

# Only cli/ prints or exits: others return. Words that are reserved to it, and where else each may stand.
my %reserved;
sub reserve { my ($where, @words) = @_; $reserved{$_} = $where for @words }
reserve(qr/^$/, qw(stdout stderr), map { "$_(" } qw(printf vprintf puts putchar perror dprintf vdprintf psignal syslog vsyslog
    err verr errx verrx warn vwarn warnx vwarnx error exit _Exit quick_exit pthread_exit));
# a result goes to the FILE that its caller gives
reserve(qr{^report/}, map { "$_(" } qw(fprintf vfprintf fputs fputc putc fwrite json_dumpf));
# between fork and exec there is no other way
reserve(qr{^base/child\.c$}, qw(STDOUT_FILENO STDERR_FILENO), '_exit(');
# invariants of our own that are broken: going on would make results of nonsense
reserve(qr{^(?:engine/io_null|engine/io_ready|engine/io_uring|skeleton/respond|skeleton/serve|stack/template)\.c$}, 'abort(');

sub printers {
    my ($src) = @_;
    my @found;
    find({no_chdir => 1, wanted => sub {
        my $file = s{^\Q$src\E/}{}r;
        # tests and what they share may
        return if $file !~ /\.[ch]$/ || $file =~ m{^cli/|_test(?:ing)?\.[ch]$|_fuzz\.c$|^codec/(?:fuzz_replay\.c|splits\.h)$};
        open my $f, '<', $_ or die "$_: $!";
        my $code = do { local $/; <$f> } // '';
        close $f;
        # comments and texts may say anything
        $code =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}{$1 =~ s/[^\n]//gr}ges;
        my $n = 0;
        for my $line (split /\n/, $code) {
            $n++;
            while ($line =~ /(?<![\w.>])([A-Za-z_]\w*)\s*(\(?)/g) {
                my $where = $reserved{$1} // $reserved{"$1$2"} // next;
                push @found, "$file:$n says $1" if $file !~ $where;
            }
        }
    }}, $src);
    return @found;
}

is_deeply [printers("$root/src")], [], 'only cli/ prints or exits';

# And this one: each line that prints is found, and no other.
my @prints = ('printf("x");', 'puts("x");', 'perror("x");', 'dprintf(1, "x");', 'warnx("x");', 'fprintf(stderr, "x");',
    'fputs("x", out);', 'fwrite("x", 1, 1, out);', 'dup2(fd, STDERR_FILENO);', 'FILE *out = stdout;', 'exit(1);', '_exit (1);',
    'abort();', 'return 1; /* not */ exit(2);',
    q{f('"', "http://x"); exit(1); g('"');});
my @harmless = ('snprintf(text, size, "x");', 'int printf_like;', '/* never exit(1)', 'nor abort() */', 'my_exit(1); // not exit(1)',
    'sink->error(sink);', 'f("never \\"exit(1)");');
$house = tempdir(CLEANUP => 1);
mkdir "$house/$_" for qw(run report base cli);
my %lines = ('run/a.c' => [@prints, @harmless], 'report/b.h' => ['fprintf(out, "x");', 'fprintf(stdout, "x");', 'abort();'],
    'base/child.c' => ['_exit(127);', 'exit(127);'], 'base/x_test.c' => ['abort();'], 'cli/main.c' => \@prints);
for my $file (keys %lines) {
    open my $f, '>', "$house/$file" or die;
    print $f map { "$_\n" } @{$lines{$file}};
    close $f;
}
is_deeply [sort keys %{{map { /^(\S+) / => 1 } printers($house)}}],
    [sort 'base/child.c:2', 'report/b.h:2', 'report/b.h:3', map { "run/a.c:$_" } 1 .. @prints],
    'and a house where others do is found out';

is `cd $root && grep -rnE --include='*.[ch]' --exclude='*_test.c' '\\b(atoi|atol|sprintf|strcpy|strcat|gets|system|popen)\\(' src`,
    '', 'no unbounded strings, and nothing goes through a shell';

done_testing;
