# SPDX-License-Identifier: GPL-3.0-or-later
# make install: what is installed works from where it is.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();

my $dest = "$tmp/dest";
is system("make --no-print-directory -C $root install DESTDIR=$dest >$tmp/install.log 2>&1"), 0, 'make install' or diag slurp("$tmp/install.log");
my ($program) = glob "$dest/usr/local/bin/maxq";
ok -x $program, 'the program';
ok -s "$dest/usr/local/share/man/man1/maxq.1", 'the manual';
ok -s "$dest/usr/local/share/maxq/catalog/nginx/component.yaml", 'the catalog';
is `$dest/usr/local/libexec/maxq/install-packages 2>&1`, "usage: install-packages PACKAGE...\n", 'the script that installs packages';
like `$program --version`, qr/^maxq /, 'it runs';
like `$program bench -c 1 -d 200ms --rounds 2 skeleton-c 2>&1`, qr/^  maximum +\S+ q\/s/m, 'and finds its catalog';
is `cd $dest && find . -name '*.pyc' -o -name '*.o'`, '', 'nothing else is installed';

done_testing;
