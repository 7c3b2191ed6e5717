# SPDX-License-Identifier: GPL-3.0-or-later
# When a step begins to count and when it ends: warm-up, no steady state, precision.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time sleep);
use MaxqTest;

# A server whose answers take as long as `delay` says, in seconds, so many seconds after the first request of a connection.
sub changing_server {
    my ($delay) = @_;
    my ($pid, $port) = script_server(sub {
        my ($client) = @_;
        my $request = '';
        my $began;
        while (sysread $client, $request, 4096, length $request) {
            next if $request !~ /\r\n\r\n/;
            $request = '';
            $began //= time;
            sleep $delay->(time - $began);
            syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        }
    });
    return ($pid, "http://127.0.0.1:$port");
}

sub check_of {
    my ($step, $name) = @_;
    my ($check) = grep { $_->{name} eq $name } @{$step->{checks}};
    return $check;
}

# A load: its step, the whole result, exit status and standard error.
sub load {
    my ($code, $json, $err) = maxq_json('load', '-c', 4, @_);
    return ($json ? $json->{results}[0]{steps}[0] : {}, $json, $code, $err);
}

# How much more is measured than all of the step comes to, its warm-up included.
sub gain {
    my ($step) = @_;
    return $step->{throughput_rps} * ($step->{warmup_s} + $step->{duration_s}) / $step->{completed};
}

subtest 'a server that becomes faster after a second' => sub {
    my ($server, $url) = changing_server(sub { return $_[0] < 1 ? 0.05 : 0.01 });
    # 80 a second, then 400: of 5 s that is 1.19, with more at its end 1.10; and less where the machine is slow at both
    my $gains = 1.05;
    my ($step, $json, $code, $err) = calmly(sub { load('-d', '4s', "$url/") },
        sub { $_[0]{completed} && $_[0]{warmup_s} >= 0.9 && gain($_[0]) > $gains && check_of($_[0], 'steady_state')->{ok} });
    my $right = ok $code == 0 || $code == 4, 'measured' or diag $err;
    $right &= cmp_ok $step->{warmup_s}, '>=', 0.9, 'its slow second is warm-up';
    $right &= cmp_ok $step->{duration_s}, '>=', 3.95, 'and as much is measured as was asked for';
    $right &= cmp_ok $step->{throughput_rps}, '<=', 400, 'at most what it does when it is warm';
    $right &= cmp_ok gain($step), '>', $gains, 'more than all of it comes to';
    $right &= ok check_of($step, 'steady_state')->{ok}, 'then it is steady';
    diag explain $step if !$right;

    # a window that was not ended in time can be one that reaches beyond a boundary
    ($step, $json) = calmly(sub { load('-d', '1s', '--warmup', '1500ms', "$url/") },
        sub { abs($_[0]{warmup_s} - 1.5) < 0.001 && abs($_[0]{duration_s} - 1) < 0.25 });
    $right = cmp_ok abs($step->{warmup_s} - 1.5), '<', 0.001, 'a warm-up by hand is taken as it is';
    $right &= cmp_ok abs($step->{duration_s} - 1),   '<', 0.25, 'as is the time that is measured';
    diag explain $step if !$right;
    is $json->{settings}{warmup_s}, 1.5, 'it is noted';

    ($code, $json) = maxq_json('load', '-c', 4, '-d', '2s', '--warmup', '0', "$url/");
    is $json->{results}[0]{steps}[0]{warmup_s}, 0, 'or none';
    ($code, $json) = maxq_json('load', '-c', 4, '-n', 100, "$url/");
    is $json->{results}[0]{steps}[0]{warmup_s}, 0, 'nor is there one of a number of requests';
    is check_of($json->{results}[0]{steps}[0], 'steady_state'), undef, 'of which nobody says that it is steady';
    is $json->{settings}{warmup_s}, 'auto', 'usually it is looked for';
    stop($server);
};

subtest 'a server that becomes slower and slower' => sub {
    my ($server, $url) = changing_server(sub { return 0.005 + 0.01 * $_[0] });
    my $measure = sub {
        my ($code, $out, $err, $took) = maxq('load', '-c', 4, '-d', '3s', '--json', "$tmp/drift.json", "$url/");
        return (json_file("$tmp/drift.json")->{results}[0]{steps}[0], $code, $out, $took);
    };
    my ($step, $code, $out, $took) = calmly($measure,
        sub { !check_of($_[0], 'steady_state')->{ok} && $_[0]{warmup_s} + $_[0]{duration_s} > 5 });
    my $check = check_of($step, 'steady_state');
    is $code, 4, 'is not valid';
    like $out, qr/no steady state: throughput drifts by \d/, 'it is said why';
    ok !$check->{ok} && $check->{value} > $check->{bound}, 'by a check that failed' or diag explain $step;
    cmp_ok $step->{warmup_s} + $step->{duration_s}, '>', 5, 'it was given twice the time';
    cmp_ok $took, '<', 20, 'but no more';
    stop($server);
};

subtest 'until it is precise' => sub {
    my ($server, $url) = serve('--delay', '5ms');
    my ($code, $json, $err) = maxq_json('load', '-c', 8, '--precision', '30%', '--budget', '20s', "$url/hello");
    my $step = $json->{results}[0]{steps}[0];
    my $precision = $step->{precision};
    ok $precision->{met}, 'a third is soon reached' or diag explain $step;
    cmp_ok $precision->{reached}, '<=', 0.3, 'and that is what the interval says';
    is $precision->{asked},   0.3, 'what was asked for';
    is $precision->{limit_s}, 20,  'and for how long at most';
    cmp_ok $step->{duration_s}, '<', 19,   'it ends before';
    cmp_ok $step->{duration_s}, '>=', 5.9, 'but not at once';
    my ($lo, $hi) = @{$step->{throughput_ci95_rps}};
    ok abs(($hi - $lo) / 2 / $step->{throughput_rps} - $precision->{reached}) < 1e-6, 'half of the interval';
    my $latency = $step->{latency_us};
    for my $name (qw(p50 p99)) {
        ($lo, $hi) = @{$step->{latency_ci95_us}{$name}};
        ok $lo <= $latency->{$name} && $latency->{$name} <= $hi, "$name is within its interval" if defined $lo && defined $hi;
    }
    my ($process) = @{$step->{cpu}{processes}};
    ($lo, $hi) = @{$process->{ci95_us_per_request}};
    my $cost = $process->{user_us_per_request} + $process->{system_us_per_request};
    ok $lo < $cost && $cost < $hi, 'and so is the cost';

    my ($code2, $out) = maxq('load', '-c', 8, '--precision', '0.001%', '--budget', '1s', "$url/hello");
    like $out, qr/^  precision   .* of at most 1\.0 s; asked for \+- 0\.001%: not reached$/m, 'what cannot be reached is told';
    ($code2, $out) = maxq('load', '-c', 8, '--precision', '0.001%', '--budget', '1s', '--warmup', '400ms', "$url/hello");
    like $out, qr/^  precision   .* of at most 0\.6 s;/m, 'a warm-up that was asked for is within the budget, too';
    like $out, qr/q\/s \+- .*\(too short to tell\)$/m, 'and that a second says little';
    stop($server);
};

is((maxq('load', '--warmup', 'often', 'http://127.0.0.1:1/'))[0], 2, 'a warm-up is a time or auto');
is((maxq('load', '-n', 10, '--precision', '1%', 'http://127.0.0.1:1/'))[0], 2, 'requests that are counted end at no precision');
done_testing;
