# SPDX-License-Identifier: GPL-3.0-or-later
# The open loop: requests that arrive at a rate, against servers that are slow in a known way, and with a witness.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();

sub step_of { return $_[0]{results}[0]{steps}[0] }

sub check_of {
    my ($step, $name) = @_;
    return (grep { $_->{name} eq $name } @{$step->{checks}})[0];
}

# What was measured of a known truth, for who collects that.
sub accuracy {
    my ($what, $truth, $measured, $error, $bound) = @_;
    diag join ' | ', "accuracy: $what", $truth, $measured, $error, $bound if $ENV{MAXQ_ACCURACY};
}

subtest 'a rate' => sub {
    my ($server, $url) = serve();
    for my $io (qw(epoll poll io_uring)) {
        my $before = stats($url)->{requests};
        my ($code, $json, $err) = maxq_json('load', '--io', $io, '-t', 2, '-R', '2k', '-d', '1s', '--warmup', 0, "$url/hello");
        my $step = step_of($json);
        ok $code == 0 || $code == 4, "$io: measured" or diag $err;
        my $loop = $step->{open_loop};
        is $loop->{rate_rps}, 2000, 'the rate that was asked for';
        is $loop->{arrival}, 'constant', 'at constant distances';
        is $step->{started} + $loop->{unsent}, 2000, 'as many arrive as the rate has it';
        ok counts_add_up($step), 'what was started is accounted for';
        is stats($url)->{requests} - $before, $step->{started}, 'the server saw as many';
        ok defined check_of($step, $_), "it is checked for $_" for qw(late_sends rate_achieved);
        ok !defined check_of($step, 'littles_law'), 'and not for the number of clients, which is no truth here';
        cmp_ok $loop->{send_delay_us}, '>=', 0, 'no request was sent before its time';
    }
    # each with a connection of its own, in random gaps
    my ($code, $json) = maxq_json('load', '--no-keepalive', '-R', '500', '-n', 300, '--arrival', 'poisson', "$url/hello");
    my $step = step_of($json);
    is $step->{completed}, 300, 'a number of requests is exact';
    is $step->{connections}, 300, 'a connection each';
    is $json->{settings}{arrival}, 'poisson', 'it is noted how they arrived';
    stop($server);
};

subtest 'a server that cannot follow' => sub {
    # four connections of 20 ms: 200 a second
    my ($server, $url) = serve('--delay', '20ms');
    my ($code, $json, $err) = maxq_json('load', '-c', 4, '-R', 400, '-d', '1s', '--warmup', 0, "$url/hello");
    my $result = $json->{results}[0];
    my $step = step_of($json);
    is $code, 4, 'not valid' or diag $err;
    ok counts_add_up($step), 'what was started is accounted for';
    is $step->{started} + $step->{open_loop}{unsent}, 400, 'and so is what was never sent';
    cmp_ok $step->{started}, '<=', 204, 'which is what the server could not do';
    ok !check_of($step, 'rate_achieved')->{ok}, 'the rate was not achieved';
    ok check_of($step, 'late_sends')->{value} < 0.5, 'by no fault of the generator';
    like "@{$result->{why_not_valid}}", qr/fell short of the rate by \d+/, 'it says so';
    # the last one that was sent waited for half of the time
    cmp_ok $step->{latency_us}{max}, '>=', 450e3, 'the wait for a free connection is latency';
    stop($server);
};

subtest 'late responses' => sub {
    my ($server, $url) = serve('--delay', '50ms', '--delay-every', 10);
    for my $rate ([], ['-R', 400]) {
        my $measure = sub {
            my ($code, $json) = maxq_json('load', @$rate, '-n', 200, '-c', 40, '--latency-limit', '45ms', "$url/hello");
            return (step_of($json), $json);
        };
        my ($step, $json) = calmly($measure, sub { $_[0]{late_responses} <= 150 });
        is $step->{completed}, 200, 'all are completed';
        cmp_ok $step->{late_responses}, '>=', 20, 'one in ten is late, too';
        cmp_ok $step->{late_responses}, '<=', 150, 'and most are not';
        is $step->{late_share}, $step->{late_responses} / 200, 'as a share';
        schema_ok($json);
    }
    my ($code, $out) = maxq('load', '-n', 20, '-c', 1, '--latency-limit', '45ms', "$url/hello");
    # two, and those in which the machine paused
    my ($late, $percent) = $out =~ /late +(\d+) responses \((\d+) %\) took more than 45\.0 ms/;
    cmp_ok $late // 0, '>=', 2, 'in words' or diag $out;
    is $percent, 5 * $late, 'with their share';
    stop($server);
};

# A server that stops for S in every P: who arrives in a stall waits for its rest, so that of all latencies S/P lie uniformly
# between 0 and S, and quantile q is S - P (1 - q). In a closed loop each client meets one stall once: nothing of it is seen.
subtest 'stalls' => sub {
    my ($P, $S) = (0.5, 0.1);
    my ($server, $url) = serve('--stall', '100ms@0s/500ms');
    my @quantiles = ([p90 => 0.9], [p99 => 0.99], [p999 => 0.999]);
    my %truth = (mean => 1e6 * $S**2 / (2 * $P), map { $_->[0] => 1e6 * ($S - $P * (1 - $_->[1])) } @quantiles);
    # a machine that is shared stops for some ms by itself; and when it does so for longer, that is a stall of its own
    my %bound = (mean => 10e3, map { $_->[0] => 30e3 } @quantiles);
    my $measure = sub {
        my ($code, $open, $err) = maxq_json('load', '-c', 100, '-R', 1000, '-d', '5s', '--warmup', 0, "$url/hello");
        return ($open ? step_of($open) : {}, $err);
    };
    my ($step, $err) = calmly($measure,
        sub { my $seen = $_[0]{latency_us}; $seen && !grep { abs($seen->{$_} - $truth{$_}) > $bound{$_} } keys %truth });
    my $latency = $step->{latency_us};
    ok defined $latency, 'measured' or diag $err;
    for my $name (map { $_->[0] } @quantiles) {
        my $truth = $truth{$name};
        my $error = $latency->{$name} - $truth;
        accuracy("open loop, stalls of 100 ms every 500 ms, $name", sprintf('%.1f ms', $truth / 1e3),
            sprintf('%.2f ms', $latency->{$name} / 1e3), sprintf('%+.2f ms', $error / 1e3), '5 ms');
        cmp_ok abs($error), '<=', $bound{$name}, "$name is what the stalls make of it" or diag explain $step;
    }
    my $mean = $truth{mean};
    accuracy('open loop, stalls of 100 ms every 500 ms, mean', sprintf('%.1f ms', $mean / 1e3),
        sprintf('%.2f ms', $latency->{mean} / 1e3), sprintf('%+.2f ms', ($latency->{mean} - $mean) / 1e3), '5 ms');
    cmp_ok abs($latency->{mean} - $mean), '<=', $bound{mean}, 'and so is the mean';
    my (undef, $closed) = maxq_json('load', '-c', 4, '-d', '2s', "$url/hello");
    cmp_ok step_of($closed)->{latency_us}{p99}, '<', 1e6 * ($S - $P * 0.01) / 2, 'a closed loop leaves them out';
    stop($server);
};

# Latencies by the time stamps of the kernel, on the packets of a network namespace of our own.
sub witnessed {
    my ($seconds, @load) = @_;
    my $script = <<'SH';
set -e
ip link set lo up
"$1" serve --listen 127.0.0.1:8080 --delay 5ms >"$3/serve.out" &
server=$!
"$2" 8080 "$4" >"$3/packets.out" &
packets=$!
for i in $(seq 100); do
    grep -q listening "$3/serve.out" && grep -q watching "$3/packets.out" && break
    sleep 0.05
done
shift 4
status=0
"$@" || status=$?
wait $packets
kill $server
wait $server || true
exit $status
SH
    my $dir = "$tmp/witness";
    mkdir $dir;
    unlink glob "$dir/*";
    my ($code, $out, $err) = MaxqTest::run_command(60, 'unshare', '--net', 'sh', '-c', $script, 'sh', $maxq,
        dirname_of($maxq) . '/packets', $dir, $seconds, $maxq, 'load', @load, '--json', "$dir/load.json", '--quiet',
        'http://127.0.0.1:8080/hello');
    my ($line) = slurp("$dir/packets.out") =~ /^(\{.*\})$/m;
    return ($line ? JSON::PP::decode_json($line) : undef, -e "$dir/load.json" ? step_of(json_file("$dir/load.json")) : undef, $err);
}

sub dirname_of { return $_[0] =~ s{/[^/]*$}{}r }

subtest 'a witness on the wire' => sub {
    plan skip_all => 'needs root, for a network namespace' if $> != 0 || !have_program('unshare') || !have_program('ip');
    plan skip_all => 'no network namespaces here' if system 'unshare --net true 2>/dev/null';
    for my $case (['closed loop', '-c', 4, '-d', '2s'], ['open loop', '-R', 500, '-d', '2s']) {
        my ($what, @load) = @$case;
        my ($packets, $step, $err) = witnessed(4, @load);
        ok $packets && $step, "$what: both have measured" or diag $err;
        next if !$packets || !$step;
        is $packets->{dropped}, 0, 'the witness missed nothing';
        # an answer that was on the wire when the load ended is none that maxq has taken
        cmp_ok $packets->{count}, '>=', $step->{completed}, 'and saw as many answers';
        cmp_ok $packets->{count}, '<=', $step->{completed} + $step->{in_flight}, 'and no others than were in flight';
        # what maxq's own clock adds: until it is on the wire, and until it was looked at
        my $delay = $step->{open_loop} ? $step->{open_loop}{send_delay_us} : 0;
        for my $name (qw(mean p50 p90)) {
            my ($truth, $measured) = ($packets->{$name} + $delay, $step->{latency_us}{$name});
            my $bound = 0.01 * $truth + 50;
            accuracy("$what, --delay 5ms, $name by packets", sprintf('%.0f us', $truth), sprintf('%.0f us', $measured),
                sprintf('%+.0f us', $measured - $truth), sprintf('%.0f us', $bound));
            next if $name ne 'p50';
            # a machine that is shared delays maxq after the packets, most of all in the tail: the median is asserted, and loosely
            cmp_ok $measured - $truth, '<=', 10 * $bound, "$name is that of the packets";
            # one pause makes the mean delay long, and that of half of the requests no longer
            cmp_ok $measured - $packets->{$name}, '>=', -2 * $bound, 'and no less';
        }
        cmp_ok $step->{latency_us}{p50}, '>=', 5000, 'no answer is early';
    }
};

subtest 'a rate that keeps an objective' => sub {
    # four connections of 20 ms: 200 a second; in the short time of a trial the queue may grow a little before it is too long
    my ($server, $url) = serve('--delay', '20ms');
    my $measure = sub {
        my ($code, $json, $err) = maxq_json('sweep', '--slo', 'p50=60ms', '-c', 4, '-d', '300ms', '--warmup', '100ms', '--budget', '20s', "$url/hello");
        return ($json->{results}[0]{steps}[-1], $json, $code, $err);
    };
    my (undef, $json, $code, $err) = calmly($measure, sub {
        my ($lo, $hi) = @{$_[1]{results}[0]{slo}{rate_rps}};
        return defined $lo && $lo >= 130 && $lo <= 250 && defined $hi && $hi <= 300;
    });
    my $result = $json->{results}[0];
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    my $slo = $result->{slo};
    my ($lo, $hi) = @{$slo->{rate_rps}};
    is $slo->{objectives}[0]{metric}, 'p50', 'the objective';
    is $slo->{objectives}[0]{bound_us}, 60000, 'and its bound';
    is $slo->{objectives}[1]{metric}, 'errors', 'errors are always one';
    accuracy('rate that keeps p50 <= 60 ms with 4 connections of 20 ms', '200 q/s', ($lo // 0) . ' to ' . ($hi // 'none'), '-', '-35%, +25%');
    cmp_ok $lo // 0, '>=', 130, 'most of what the connections can carry keeps it' or diag explain $slo;
    cmp_ok $lo // 0, '<=', 250, 'more does not';
    cmp_ok $hi // 1e9, '<=', 300, 'as is proven';
    my $step = $result->{steps}[$slo->{step}];
    is $step->{open_loop}{rate_rps}, $lo, 'it was measured again';
    is $step->{open_loop}{objective_kept}, $slo->{kept}, 'and judged';
    is $result->{maximum}{throughput_rps}, $step->{throughput_rps}, 'that is the maximum';
    ok !exists $result->{steps}[0]{open_loop}, 'the first step is a closed loop';
    cmp_ok $result->{steps}[1]{warmup_s}, '<', 0.25, 'the warm-up of a trial is the one that was asked for';
    schema_ok($json);
    is scalar(grep { !$_->{open_loop} } @{$result->{steps}}), 1, 'and it alone';
    stop($server);
};

subtest 'a search that is interrupted' => sub {
    my ($server, $url) = serve('--delay', '20ms');
    my $file = "$tmp/interrupted.json";
    my ($pid, $out) = start($maxq, 'sweep', '--slo', 'p50=60ms', '-c', 4, '-d', '300ms', '--json', $file, "$url/hello");
    ok wait_until(sub { slurp($out) =~ /kept/ }, 20), 'the search has begun' or diag slurp($out);
    kill 'INT', $pid;
    my $status = wait_until(sub { waitpid($pid, 1) > 0 ? { code => $? } : undef }, 10);
    delete $MaxqTest::running{$pid};
    is $status->{code} >> 8, 130, 'by its signal';
    my $json = json_file($file);
    is $json->{complete}, JSON::PP::false, 'it is partial';
    like "@{$json->{results}[0]{why_not_valid}}", qr/interrupted/, 'and says why';
    ok @{$json->{results}[0]{steps}} >= 2, 'with what was measured';
    schema_ok($json);
    stop($server);
};

done_testing;
