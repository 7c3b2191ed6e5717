# SPDX-License-Identifier: GPL-3.0-or-later
# maxq serve: its answers, its faults, and its counts, as the known truth that other tests lean on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use IO::Socket::INET;
use Time::HiRes qw(time sleep);
use MaxqTest;

sub exchange {
    my ($url, $data) = @_;
    my ($peer) = $url =~ m{http://(.*)};
    my $socket = IO::Socket::INET->new(PeerAddr => $peer, Timeout => 5) or die "connect: $!";
    print $socket $data;
    local $/;
    return scalar <$socket> // '';
}

sub step_of { return $_[0]->{results}[0]{steps}[0] }

subtest 'answers' => sub {
    my ($server, $url) = serve();
    my $ask = sub { return exchange($url, "GET $_[0] HTTP/1.1\r\nConnection: close\r\n\r\n") };
    like $ask->('/hello'), qr{^HTTP/1\.1 200 OK\r\n.*Content-Length: 22\r\n\r\nhello from skeleton-c\n$}s, '/hello';
    for my $workload (qw(render_name render_table lookup)) {
        my ($body) = $ask->("/$workload") =~ /\r\n\r\n(.*)/s;
        is $body, slurp("$root/catalog/workloads/$workload"), "/$workload";
    }
    like $ask->('/hello?x=1'), qr/hello from/, 'a query changes nothing';
    like $ask->('/hello/'),    qr{^HTTP/1\.1 404 }, 'an unknown path';
    like exchange($url, "HEAD /hello HTTP/1.1\r\nConnection: close\r\n\r\n"), qr{Content-Length: 22\r\n\r\n$}, 'HEAD';
    like exchange($url, "nonsense\r\n\r\n"), qr{^HTTP/1\.1 400 }, 'nonsense';
    like exchange($url, "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), qr{^HTTP/1\.1 400 },
        'a body of unclear length';
    like exchange($url, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello HTTP/1.0\r\n\r\n"),
        qr{^HTTP/1\.1 200 OK\r\n.*Connection: keep-alive\r\n.*hello.*Connection: close\r\n.*hello.*$}s, 'HTTP/1.0 is told what stays open';
    my $posts = exchange($url, "POST /hello HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde"
            . "POST /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            . "GET /lookup HTTP/1.1\r\nConnection: close\r\n\r\n");
    is scalar(() = $posts =~ m{HTTP/1\.1 200 OK}g), 3, 'three requests at once, two of them with bodies';
    like $posts, qr/found 1000\n$/, 'answered in order';
    # more answers than fit into a socket's buffer, to a client that does not read meanwhile
    my $many = exchange($url, "GET /render_table HTTP/1.1\r\n\r\n" x 20000 . "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n");
    is scalar(() = $many =~ m{</table>}g), 20000, 'nothing is lost when the client is slow';
    like $many, qr/hello from skeleton-c\n$/, 'to the end';
    stop($server);
};

subtest 'stopping' => sub {
    my $path = "$tmp/stop.sock";
    my ($server, $url) = serve('--listen', "unix:$path");
    ok -S $path, 'a unix socket';
    is stop($server), 0, 'SIGTERM is how it ends well';
    ok !-e $path, 'its socket is gone';
    ($server) = serve('--listen', "unix:$path");
    stop($server, 'KILL');
    ok -S $path, 'a killed one leaves its socket';
    ($server, $url) = serve('--listen', "unix:$path");
    is stats($url)->{requests}, 0, 'which the next one replaces';
    my ($code, $out, $err) = maxq('serve', '--listen', "unix:$path");
    is $code, 1, 'but not from one that runs';
    like $err, qr/^maxq: cannot listen on 'unix:\Q$path\E': Address already in use$/, 'it says so';
    stop($server);
};

subtest '--close-every, --status-every, --truncate-every' => sub {
    my ($server, $url) = serve('--close-every', 10, '-t', 2);
    my ($code, $json) = maxq_json('load', '-n', 1000, '-c', 8, '-t', 2, "$url/hello");
    my $step = step_of($json);
    is $step->{errors}{read}, 100, 'exactly one in ten is not answered';
    is $step->{completed}, 900, 'the others are';
    ok counts_add_up($step), 'counts add up';
    is stats($url)->{requests}, 1000, 'the server counts all';
    is $code, 4, 'not valid';
    stop($server);

    ($server, $url) = serve('--status-every', '4:503');
    ($code, $json) = maxq_json('load', '-n', 1000, '-c', 8, "$url/hello");
    $step = step_of($json);
    is $step->{errors}{status}, 250, 'exactly one in four has another status';
    is_deeply $step->{status}, {200 => 750, 503 => 250}, 'by status';
    is $step->{connections}, 8, 'on connections that stay';
    stop($server);

    ($server, $url) = serve('--truncate-every', 5);
    ($code, $json) = maxq_json('load', '-n', 1000, '-c', 8, "$url/hello");
    is step_of($json)->{errors}{truncated}, 200, 'exactly one in five is cut short';
    is step_of($json)->{completed}, 800, 'the others are whole';
    stop($server);
};

subtest '--delay' => sub {
    my ($server, $url) = serve('--delay', '20ms');
    my ($code, $json) = maxq_json('load', '-d', '1s', '-c', 10, "$url/hello");
    my $step = step_of($json);
    cmp_ok $step->{latency_us}{p50}, '>=', 20000, 'no answer is early';
    cmp_ok $step->{throughput_rps}, '<=', 500, 'ten clients cannot get more than 50 answers a second each';
    cmp_ok $step->{throughput_rps}, '>', 50, 'but get some';
    cmp_ok $step->{cpu}{processes}[0]{busy}, '<', 0.5, 'the delay does not use the CPU' if !under_sanitizer();
    is $json->{results}[0]{limit}{resource}, 'not-reached', 'so no CPU is the limit' if !under_sanitizer();
    stop($server);

    ($server, $url) = serve('--delay', '50ms', '--delay-every', 10);
    ($code, $json) = maxq_json('load', '-n', 400, '-c', 2, "$url/hello");
    $step = step_of($json);
    cmp_ok $step->{latency_us}{p50}, '<', 50000, 'most are not delayed';
    cmp_ok $step->{latency_us}{p99}, '>=', 50000, 'one in ten is';
    my $many = exchange($url, "GET /hello HTTP/1.1\r\n\r\n" x 25 . "GET /lookup HTTP/1.1\r\nConnection: close\r\n\r\n");
    is scalar(() = $many =~ /hello from/g), 25, 'pipelined requests are all answered';
    like $many, qr/found 1000\n$/, 'in their order, though some are delayed';
    stop($server);
};

subtest '--burn' => sub {
    my ($server, $url) = serve('--burn', '500us');
    my ($code, $json) = maxq_json('load', '-d', '2s', '-c', 2, "$url/hello");
    my $process = step_of($json)->{cpu}{processes}[0];
    my $total = $process->{user_us_per_request} + $process->{system_us_per_request};
    cmp_ok $total, '>=', 490, 'every request costs what it burns';
    # the split is sampled by ticks, see docs/method.md
    cmp_ok $process->{user_us_per_request}, '>', $process->{system_us_per_request}, 'most of it in user mode' or diag explain $process;
    stop($server);
};

subtest '--stall' => sub {
    my ($server, $url) = serve('--stall', '300ms@500ms');
    my ($code, $json) = maxq_json('load', '-d', '1500ms', '-c', 4, "$url/hello");
    my $step = step_of($json);
    cmp_ok $step->{latency_us}{max}, '>=', 290000, 'one request waits for as long as the stall';
    cmp_ok $step->{latency_us}{p50}, '<', 290000, 'the others do not';
    stop($server);
};

for my $case (['--delay', '5 ms'], ['--close-every', '0'], ['--status-every', '10'], ['--status-every', '10:99'], ['--stall', '1s'],
    ['--stall', '1s@1s/1s'], ['--stall', '1s@1s/x'],
    ['--listen', 'nonsense'], ['--listen', '127.0.0.1:99999'], ['--listen', 'unix:relative'], ['-t', '0'], ['--backlog', 'x'],
    ['--protocol', 'https'], ['--protocol', 'http2'], ['extra']) {
    my ($code, $out, $err) = maxq('serve', @$case);
    is $code, 2, "@$case is refused";
    like $err, qr/^maxq: [^\n]+\n$/, 'in one line';
}

done_testing;
