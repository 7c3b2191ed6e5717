# SPDX-License-Identifier: GPL-3.0-or-later
# The verdict against the truth, in all cases: see tests/lib/MaxqLimits.pm. Words choose cases by their names.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use MaxqTest;
use MaxqLimits;

my @words = @ARGV;
for my $case (limit_cases()) {
    next if @words && !grep { index($case->{name}, $_) >= 0 } @words;
  SKIP: {
        my $seen = run_case($case);
        skip "$case->{name}: $seen->{skip}", 1 if $seen->{skip};
        skip "$case->{name}: others use the CPUs that this is about", 1 if !$seen->{right} && $seen->{disturbed};
        ok $seen->{right}, "$case->{name}: $seen->{verdict}" or diag "$seen->{verdict} of ", $seen->{component} // '-', ": $seen->{evidence}\n$seen->{err}",
            explain $seen->{result}{failed}, $seen->{result}{why_not_valid};
        note $seen->{evidence};
        diag sprintf 'accuracy: limit: %s | %s | %s | %s | 0', $case->{name}, $case->{truth}, $seen->{verdict}, $seen->{right} ? 0 : 1
            if $ENV{MAXQ_ACCURACY};
    }
}
is_deeply [leftovers()], [], 'nothing is left';
done_testing;
