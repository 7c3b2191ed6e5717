# SPDX-License-Identifier: GPL-3.0-or-later
# What checks the measurement itself, each with a real run in which it must fail or hold; and costs against known truths.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);
use MaxqTest;
use MaxqCost;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();

sub check_of {
    my ($json, $name) = @_;
    return (grep { $_->{name} eq $name } @{$json->{results}[0]{steps}[-1]{checks}})[0];
}

subtest 'what holds of every step' => sub {
    my ($server, $url) = serve();
    for my $case (['kept connections', 'clients_missing'], ['a connection a request', 'connections', '--no-keepalive'],
        ['pipelining', 'littles_law', '--pipeline', 8]) {
        my ($what, $own, @options) = @$case;
        my ($code, $json) = maxq_json('load', '-d', '1s', '-c', 4, @options, '--quiet', "$url/hello");
        for my $name ($own, qw(bytes clock pauses)) {
            my $check = check_of($json, $name);
            ok $check, "$what: $name" and cmp_ok $check->{value}, '<=', $check->{bound}, 'holds';
        }
        my $account = check_of($json, 'cpu_conservation');
        ok $account && $account->{value} < 0.25, 'the CPU time has owners' or diag explain $json->{results}[0]{steps}[0]{cpu};
    }
    stop($server);
};

subtest 'a generator that was stopped' => sub {
    my ($server, $url) = serve();
    my $json_file = "$tmp/stopped.json";
    my ($pid) = start($maxq, 'load', '-d', '2s', '-c', 4, '--quiet', '--json', $json_file, "$url/hello");
    sleep 0.7;
    kill 'STOP', $pid;
    sleep 0.5;
    kill 'CONT', $pid;
    wait_until(sub { slurp("/proc/$pid/stat") =~ /\) Z / }, 30) or diag 'it does not end';
    is stop($pid) >> 8, 4, 'is not valid';
    my $json = json_file($json_file);
    my $pauses = check_of($json, 'pauses');
    ok !$pauses->{ok}, 'the pause is found';
    cmp_ok $pauses->{value}, '>=', 0.1, 'with its length' or diag explain $pauses;
    like "@{$json->{results}[0]{why_not_valid}}", qr/the generator did not run at all for [\d.]+ % of the time/, 'said in words';
    stop($server);
};

subtest 'costs against known truths' => sub {
    plan skip_all => 'needs taskset' if !have_program('taskset');
    my $user = burned_cost(1, '1500ms');
    cmp_ok abs $user - 50, '<', 15, '50 us that are burned are 50 us of user time' or diag $user;
    my $account = own_account('1500ms', '--burn', '50us');
    cmp_ok abs $account->{maxq_s} / $account->{own_s} - 1, '<', 0.05, "a server's cost is what it has used by its own account"
        or diag explain $account;
    my $step = $account->{step};
    is $account->{requests}, $step->{completed}, 'and its requests are those that were answered';
    cmp_ok $account->{connections} - $step->{connections}, '<=', 1, 'and one that only looked whether it is there';
};

done_testing;
