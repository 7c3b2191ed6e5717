# SPDX-License-Identifier: GPL-3.0-or-later
# maxq sweep: the load rises until throughput plateaus, and the verdict names what ran out.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time sleep);
use MaxqTest;

my $cpus = () = slurp('/proc/cpuinfo') =~ /^processor/mg;
my $have_taskset = have_program('taskset') && $cpus >= 2;

# maxq serve, on one CPU where that can be arranged.
sub serve_pinned {
    my (@options) = @_;
    my ($pid, $url) = serve(@options);
    system "taskset -acp 0 $pid >/dev/null" if $have_taskset;
    return ($pid, $url);
}

# Forks for each connection a child that burns so many CPU seconds and answers; waits for each.
sub forking_server {
    my ($seconds) = @_;
    my $listener = IO::Socket::INET->new(Listen => 100, LocalAddr => '127.0.0.1', ReuseAddr => 1) or die "listen: $!";
    my $pid = fork // die "fork: $!";
    return ($pid, $listener->sockport) if $pid && ($MaxqTest::running{$pid} = 1);
    alarm 60;
    while (my $client = $listener->accept) {
        my $child = fork // POSIX::_exit(1);
        if (!$child) {
            sysread $client, my $request, 4096;
            my ($user, $system) = (times)[0, 1];
            1 while ((times)[0] + (times)[1] - $user - $system < $seconds);
            print $client "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            close $client;
            POSIX::_exit(0);
        }
        close $client;
        waitpid $child, 0;
    }
    POSIX::_exit(0);
}

subtest 'a server that burns CPU' => sub {
    # a millisecond a request: the plateau is at 1000 q/s for one core, from the first or second client on
    my ($server, $url) = serve_pinned('--burn', '1ms');
    my ($code, $json, $err, $took) = maxq_json($have_taskset ? ('--generator-cpus', 1) : (), '-d', '500ms', "$url/hello");
    my $result  = $json->{results}[0];
    my $maximum = $result->{maximum};
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    is $json->{command}, 'sweep', 'without a command, it is a sweep';
    ok @{$result->{steps}} >= 4, 'several steps';
    my @clients = map { $_->{clients} } @{$result->{steps}};
    is_deeply [@clients[0 .. 2]], [1, 2, 4], 'clients are doubled';
    my ($most) = sort { $b <=> $a } @clients;
    cmp_ok $most, '<', 1024, 'it stops on the plateau' if !under_sanitizer();
    my @final = grep { $_->{duration_s} > 1.9 } @{$result->{steps}};
    ok @final == 1 || @final == 2, 'the maximum is measured anew, or two';
    is $final[-1], $result->{steps}[-1], 'in the last step';
    is scalar(grep { $_->{throughput_rps} == $maximum->{throughput_rps} && $_->{clients} == $maximum->{clients} } @final), 1,
        'and is not the best of many';
    my @rough = grep { $_->{duration_s} < 0.2 } @{$result->{steps}};
    ok @rough > 2, 'steps far from it are short';
    my $curve = $result->{curve};
    cmp_ok $curve->{knee_clients}, '<=', $most, 'a knee';
    is $curve->{plateau}[0], $curve->{knee_clients}, 'at which the plateau begins' if !under_sanitizer();
    cmp_ok $result->{usl}{lambda_rps}, '>', 0, 'a law that fits it' if $result->{usl};
    schema_ok($json);
  SKIP: {
        # then it has not got all of its core, and the verdict rightly says that it did not use it up
        skip 'others use the server\'s core', 2 if $result->{steps}[-1]{cpu}{host}{others} > 0.08;
        is $result->{limit}{resource}, 'server-cpu', 'the CPU of the server is the limit' or diag explain $result->{limit};
        is $result->{limit}{component}, 'maxq', 'by its name';
    }
    my $cost = $maximum->{cost_us_per_request};
    ok abs($cost->{user} + $cost->{system} - $cost->{total}) < 1e-6, 'the total cost is user + system';
    cmp_ok $cost->{total}, '>=', 980, 'a request costs what it burns';
    cmp_ok $maximum->{throughput_rps}, '<', 1000, 'at most as many as fit into a core';
    ok abs($maximum->{implied_rps} * $cost->{total} / 1e6 - 1) < 1e-6, 'what the cost implies for one core' if $have_taskset;
    my ($process) = @{$result->{steps}[-1]{cpu}{processes}};
    is $process->{pid}, $server, 'the process that listens was found';
    stop($server);
};

subtest 'a server that only waits' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    my ($server, $url) = serve('--delay', '50ms');
    my ($code, $json) = maxq_json('sweep', '-c', '1,2,4', '-d', '500ms', "$url/hello");
    my $result = $json->{results}[0];
    is_deeply [map { $_->{clients} } @{$result->{steps}}], [1, 2, 4, 4], 'the clients that were asked for';
    is $result->{limit}{resource}, 'not-reached', 'nothing ran out';
    is $result->{curve}{plateau}, undef, 'and there is no plateau';
    is $result->{curve}{knee_clients}, 4, 'up to the most';
    cmp_ok $_->{throughput_rps} / $_->{clients}, '<=', 20, "$_->{clients} clients: at most 20 a second each" for @{$result->{steps}};
    stop($server);
};

subtest 'clients that are served in step' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    # all are answered at once, every 40 ms: a step that is no longer than that counts one round more or less
    my ($server, $url) = serve('--delay', '40ms');
    my ($code, $json) = maxq_json('sweep', '-d', '200ms', "$url/hello");
    my @steps = @{$json->{results}[0]{steps}};
    cmp_ok scalar @steps, '>', 3, 'several steps';
    is scalar(grep { $_->{duration_s} < 0.19 } @steps), 0, 'none is shorter than five rounds';
    cmp_ok $steps[-1]{throughput_rps} / $steps[-1]{clients}, '<', 27.5, 'at most 25 a second each';
    stop($server);
};

subtest 'a server that forks for each request' => sub {
    # the work is done by processes that are over before anyone can look
    my ($server, $port) = forking_server(0.005);
    my $url = "http://127.0.0.1:$port";
    my ($code, $json, $err) = maxq_json('load', '--no-keepalive', '-c', 2, '-d', '2s', "$url/hello");
    my $cpu  = $json->{results}[0]{steps}[0]{cpu};
    my $cost = 0;
    $cost += $_->{user_us_per_request} + $_->{system_us_per_request} for @{$cpu->{processes}};
    cmp_ok $cost, '>=', 4900, 'what the children used is in the cost' or diag $err, explain $cpu;
    stop($server);
};

subtest 'the generator fails in the middle' => sub {
    my ($server, $url) = serve();
    my ($code, $out, $err) = MaxqTest::run_command(60, 'prlimit', '--nofile=200:200', $maxq, 'sweep',
        '-c', '1,2,4,1000', '-d', '200ms', '--json', '-', "$url/hello");
    is $code, 4, 'measured, but not valid' or diag $err;
    my $json = JSON::PP::decode_json($out);
    is $json->{complete}, JSON::PP::false, 'it is partial';
    my $result = $json->{results}[0];
    is scalar @{$result->{steps}}, 3, 'what was measured is kept';
    ok $result->{maximum}{throughput_rps} > 0, 'with the best of it';
    isnt $result->{limit}{evidence}, '', 'and a verdict';
    like "@{$result->{why_not_valid}}", qr/limit of open files/, 'and the reason';
    stop($server);
};

subtest 'a look beyond the plateau that is not possible' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    my ($server, $url) = serve_pinned('--burn', '1ms');
    my ($code, $out, $err) = MaxqTest::run_command(60, 'prlimit', '--nofile=80:80', $maxq, 'sweep', '-d', '300ms', '--json', '-',
        '--quiet', "$url/hello");
    my $json = JSON::PP::decode_json($out);
    my ($most) = sort { $b <=> $a } map { $_->{clients} } @{$json->{results}[0]{steps}};
    cmp_ok $most, '<', 80, 'there are no files for more clients';
    # where others disturb so much that no plateau was seen by then, they are
    ok $json->{complete} || !defined $json->{results}[0]{curve}{plateau}, 'and more are not needed'
        or diag $err, explain $json->{results}[0]{why_not_valid};
    stop($server);
};

subtest 'a generator that runs out first' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    plan skip_all => 'needs two CPUs' if !$have_taskset;
    # two threads of the server on one core each; a generator that does nothing but answer itself is always busy
    my ($server, $url) = serve_pinned();
    my ($code, $json) = maxq_json('load', '--io', 'null', '-d', '500ms', '--generator-cpus', 1, "$url/hello");
    my $result = $json->{results}[0];
    is $result->{limit}{resource}, 'generator-cpu', 'it says so' or diag explain $result->{limit};
    is $code, 4, 'and that the result is not valid';
    like "@{$result->{why_not_valid}}", qr/generator (?:was busy|waited for its CPU) \d/, 'why';
    is_deeply $json->{host}{generator_cpus}, [1], 'the CPU that it was told to use';
    stop($server);
};

subtest 'the generator keeps off the CPUs of a pinned server' => sub {
    plan skip_all => 'needs two CPUs' if !$have_taskset;
    my ($server, $url) = serve_pinned();
    my ($code, $json) = maxq_json('load', '-n', 10, "$url/hello");
    ok !(grep { $_ == 0 } @{$json->{host}{generator_cpus}}), 'by itself';
    stop($server);
};

subtest 'a server of several processes' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    # a parent that listens, and children that answer: all of them are found, and all of their CPU time
    my ($server, $port) = script_server(sub {
        my ($client) = @_;
        my $request = '';
        while (sysread $client, $request, 4096, length $request) {
            next if $request !~ /\r\n\r\n/;
            $request = '';
            my $x = 0;
            $x += $_ for 1 .. 20000;
            syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        }
    });
    my $busy_of = sub { my $busy = 0; $busy += $_->{busy} for @{$_[0]{cpu}{processes}}; return $busy };
    my ($step) = calmly(sub { (maxq_json('load', '-c', 2, '-d', '2s', "http://127.0.0.1:$port/"))[1]{results}[0]{steps}[0] },
        sub { $busy_of->($_[0]) > 0.3 });
    cmp_ok scalar(@{$step->{cpu}{processes}}), '>=', 3, 'parent and children';
    cmp_ok $busy_of->($step), '>', 0.3, 'their CPU time' or diag explain $step;
    stop($server);
};

subtest 'interrupted' => sub {
    my ($server, $url) = serve('--delay', '5ms');
    my ($pid, $out) = start($maxq, 'sweep', '--json', "$tmp/sweep.json", "$url/hello");
    wait_until(sub { slurp($out) =~ /^ +2 /m }, 20);
    kill 'INT', $pid;
    my $status = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 20);
    is $status->[0] >> 8, 130, 'exit status 130';
    my $json = json_file("$tmp/sweep.json");
    ok !$json->{complete}, 'marked partial';
    ok $json->{results}[0]{maximum}{throughput_rps} > 0, 'with the best so far';
    like slurp($out), qr/PARTIAL/, 'and said in the table';
    stop($server);
};

subtest 'a server that dies' => sub {
    my ($server, $url) = serve('--delay', '5ms');
    my ($pid, $out) = start($maxq, 'sweep', '--timeout', '300ms', '--json', "$tmp/died.json", "$url/hello");
    wait_until(sub { slurp($out) =~ /^ +2 /m }, 20);
    stop($server, 'KILL');
    my $status = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 30);
    is $status->[0] >> 8, 4, 'not valid';
    my $result = json_file("$tmp/died.json")->{results}[0];
    ok((grep { $_->{completed} > 10 } @{$result->{steps}}), 'what was measured is there');
    ok counts_add_up($_), "$_->{clients} clients: counts add up" for @{$result->{steps}};
    stop($server);
};

done_testing;
