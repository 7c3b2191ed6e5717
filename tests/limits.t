# SPDX-License-Identifier: GPL-3.0-or-later
# The verdict, where one resource and only that is made scarce, with real servers: the quick cases of tests/lib/MaxqLimits.pm.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;
use MaxqLimits;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();
plan skip_all => 'needs two CPUs' if (() = slurp('/proc/cpuinfo') =~ /^processor/mg) < 2;

for my $case (grep { $_->{quick} } limit_cases()) {
  SKIP: {
        my $seen = run_case($case);
        skip "$case->{name}: $seen->{skip}", 1 if $seen->{skip};
        skip "$case->{name}: others use the CPUs that this is about", 1 if !$seen->{right} && $seen->{disturbed};
        ok $seen->{right}, "$case->{name}: the limit is $case->{truth}"
            or diag "$seen->{verdict} of ", $seen->{component} // '-', ": $seen->{evidence}\n$seen->{err}", explain $seen->{result}{failed}, $seen->{step};
    }
}
is_deeply [leftovers()], [], 'nothing is left';
done_testing;
