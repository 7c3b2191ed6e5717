# SPDX-License-Identifier: GPL-3.0-or-later
# The rule of the house: a file includes only its own folder and lower floors; and words that must not be said.
use strict;
use warnings;
use File::Find;
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $root = "$FindBin::Bin/..";
my %floor = (base => 0, sample => 1, codec => 1, engine => 2, observe => 2, stack => 2, analysis => 2, store => 3,
    report => 3, run => 4, cli => 5);
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

# Only cli/ prints or exits: others return. (The child between fork and exec has no other way.)
my @printers = split /\n/, `cd $root/src && grep -nE '\\b(printf|puts|perror|exit)\\(' --include=*.c -r . | grep -vE '^\\./cli/|_test\\.c:|_fuzz\\.c:|fuzz_replay\\.c:'`;
is_deeply \@printers, [], 'only cli/ prints or exits';

is `cd $root && grep -rnE --include='*.[ch]' --exclude='*_test.c' '\\b(atoi|atol|sprintf|strcpy|strcat|gets|system|popen)\\(' src`,
    '', 'no unbounded strings, and nothing goes through a shell';

done_testing;
