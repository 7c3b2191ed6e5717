# SPDX-License-Identifier: GPL-3.0-or-later
# A sweep with a budget is over by then, also where the server is too slow for it; and what there was no time for is said.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();

# So much may a machine that others use add.
my $grace_s = 3;

sub sweep_within {
    my ($budget_s, $url, @options) = @_;
    my ($code, $json, $err, $took) = maxq_json('sweep', '--budget', "${budget_s}s", '--no-store', @options, "$url/hello");
    cmp_ok $took, '<', $budget_s + $grace_s, "$budget_s s are kept" or diag $err;
    return ($code, $json->{results}[0], $took);
}

sub says { my ($result, $what) = @_; return scalar grep { $_ eq "the budget was used up before $what: give it more (--budget)" } @{$result->{why_not_valid}} }

subtest 'a server with many in flight' => sub {
    my ($server, $url) = serve('--burn', '2ms');
    my (undef, $result, $took) = sweep_within(3, $url, '-c', '1,100');
    is_deeply [map { $_->{clients} } @{$result->{steps}}[0, 1]], [1, 100], 'the whole list';
    # where the machine was too slow for the rest, that is said
    ok @{$result->{steps}} == 3 || says($result, 'the maximum was measured anew'), 'and the best of them anew';
    is $_->{in_flight}, 0, 'each step has waited for its last requests' for @{$result->{steps}};
    stop($server);
};

subtest 'a server whose requests take long' => sub {
    my ($server, $url) = serve('--delay', '700ms');
    my ($code, $result) = sweep_within(4, $url);
    is $code, 4, 'not valid';
    ok says($result, 'throughput stopped growing'), 'it says that there was no time to search';
    cmp_ok $result->{maximum}{throughput_rps}, '>', 0, 'there is a maximum of what was measured';
    stop($server);
};

subtest 'a server whose requests take longer than that' => sub {
    my ($server, $url) = serve('--delay', '2500ms');
    my ($code, $result, $took) = sweep_within(2, $url);
    is $code, 4, 'not valid';
    cmp_ok $took, '>', 2, 'a request that was sent is waited for';
    is scalar @{$result->{steps}}, 1, 'one step';
    ok says($result, 'a response came'), 'it says why there is none';
    stop($server);
};

subtest 'a list that is too long' => sub {
    my ($server, $url) = serve();
    my ($code, $out, $err) = maxq('sweep', '--budget', '2s', '--no-store', '-c', '1,2,3,4,5,6,7,8', "$url/hello");
    is $code, 1, 'exit status 1';
    is $err =~ s/^maxq: (?:warning|note)[^\n]*\n//mgr, "maxq: cannot measure 8 numbers of clients, and the best of them anew, within 2 s: they need 3.4 s\n", 'one clear line'
        or diag $err;
    ($code, $out, $err) = maxq('sweep', '--budget', '3s', '--no-store', '-c', '1,2', '-d', '1s', "$url/hello");
    like $err, qr/^maxq: cannot measure 2 numbers of clients, .* within 3 s: they need 3\.75 s$/m, 'so it is with -d';
    stop($server);
};

done_testing;
