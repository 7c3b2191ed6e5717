# SPDX-License-Identifier: GPL-3.0-or-later
# Costs against what is known to be true, with their true bounds: for a quiet machine.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use MaxqTest;
use MaxqCost;

# WHAT, truth, measured, its unit, the bound in percent
sub row {
    my ($what, $truth, $measured, $unit, $bound) = @_;
    my $error = 100 * ($measured / $truth - 1);
    cmp_ok abs $error, '<=', $bound, $what;
    diag sprintf 'accuracy: %s | %.4g %s | %.4g %s | %.2f %% | %s %%', $what, $truth, $unit, $measured, $unit, $error, $bound;
}

# the kernel samples user and system by its ticks: 6 x 4 s make their error some 1 % (docs/method.md)
row('cost: user time a request, 50 us are burned', 50, burned_cost(3, '4s'), 'us', 2);
for my $case (['keep-alive'], ['keep-alive, 50 us burned', '--burn', '50us'], ['keep-alive, 2 threads', '-t', 2]) {
    my ($name, @options) = @$case;
    my $account = own_account('3s', @options);
    row("cost: CPU time of a server, $name", $account->{own_s}, $account->{maxq_s}, 's', 1);
}
done_testing;
