# SPDX-License-Identifier: GPL-3.0-or-later
# Ways of input and output: what is asked for runs, or its substitute, and the result says so; pipelining by each.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use File::Basename qw(dirname);
use MaxqTest;

my $no_uring = dirname($maxq) . '/no_uring';
my $requests = under_sanitizer() ? 2000 : 8000;
my $socket   = "$tmp/serve.sock";
my ($server, $url) = serve('--listen', '127.0.0.1:0', '--listen', "unix:$socket");
my $has_uring = io_of(maxq_json('load', '-n', 10, '--io', 'io_uring', "$url/hello")) eq 'io_uring';

sub io_of {
    my ($code, $json) = @_;
    return $json->{results}[0]{steps}[0]{io};
}

subtest 'what runs is said' => sub {
    for my $io (qw(epoll poll null)) {
        my @result = maxq_json('load', '-n', 10, '--io', $io, "$url/hello");
        is io_of(@result), $io, $io;
        is $result[1]{settings}{io}, $io, 'as asked';
    }
    my @result = maxq_json('load', '-n', 10, '--io', 'auto', "$url/hello");
    is $result[1]{settings}{io}, 'auto', 'left open';
    like io_of(@result), qr/^(?:epoll|poll|io_uring)$/, 'and settled';
    my ($code, $out, $err) = maxq('load', '--io', 'select', "$url/hello");
    is $code, 2, 'no such engine';
    like $err, qr/^maxq: unknown io 'select': use auto, epoll, poll, io_uring or null$/m, 'says which there are';
};

subtest 'without io_uring' => sub {
    for my $io (qw(io_uring auto)) {
        for my $target ("$url/hello", "http://unix:$socket:/hello") {
            for my $more ([], ['--no-keepalive']) {
                my $file = "$tmp/forbidden.json";
                my $out = `$no_uring $maxq load -n $requests -c 8 --io $io @$more --quiet --json $file $target 2>&1`;
                my $json = json_file($file);
                my $step = $json->{results}[0]{steps}[0];
                is $step->{completed}, $requests, "$io @$more: works" or diag $out;
                like $step->{io}, $io eq 'auto' ? qr/^e?poll$/ : qr/^epoll$/, 'by another way';
                is $json->{settings}{io}, $io, 'what was asked for is said, too';
            }
        }
    }
};

for my $io ('epoll', 'poll', $has_uring ? 'io_uring' : (), 'null') {
    subtest "pipelining by $io" => sub {
        for my $target ($io eq 'null' ? $url : ($url, "http://unix:$socket:")) {
            my $before = stats($url)->{requests};
            my ($code, $json, $err) = maxq_json('load', '--io', $io, '-n', $requests + 7, '-c', 3, '--pipeline', 16,
                $io eq 'null' ? () : ('--expect-body', "hello from skeleton-c\n"), "$target/hello");
            my $step = $json->{results}[0]{steps}[0];
            is $step->{completed}, $requests + 7, 'each request is answered' or diag $err;
            is $step->{connections}, 3, 'on as many connections as clients';
            is stats($url)->{requests} - $before, $requests + 7, 'the server counts the same' if $io ne 'null';
            ok counts_add_up($step), 'counts add up';
            is $json->{settings}{pipeline}, 16, 'said in the result';
        }
    };
    next if $io eq 'null';
    subtest "a server that closes after every 10 requests, by $io" => sub {
        my ($pid, $port) = script_server(sub {
            my ($client) = @_;
            my ($rest, $n) = ('', 0);
            while ($n < 10) {
                $rest =~ s/^.*?\r\n\r\n//s or sysread($client, $rest, 4096, length $rest) ? next : return;
                my $close = ++$n == 10 ? "Connection: close\r\n" : '';
                syswrite $client, "HTTP/1.1 200 OK\r\n${close}Content-Length: 2\r\n\r\nok" or return;
            }
            # a close with unread requests would be a reset, and that can overtake what was sent
            shutdown $client, 1;
            while (sysread $client, $rest, 4096) { }
        });
        my ($code, $json) = maxq_json('load', '--io', $io, '-n', 205, '-c', 2, '--pipeline', 4, "http://127.0.0.1:$port/");
        my $step = $json->{results}[0]{steps}[0];
        is $step->{completed}, 205, 'every request is answered in the end';
        is $step->{started}, 205, 'and counted once';
        is errors_of($step), 0, 'none is an error' or diag explain $step->{error_examples};
        cmp_ok $step->{connections}, '>=', 21, 'on new connections';
        stop($pid);
    };
    subtest "a server that breaks off, by $io" => sub {
        my ($pid, $port) = script_server(sub {
            my ($client) = @_;
            my $rest = '';
            for (1 .. 5) {
                while ($rest !~ s/^.*?\r\n\r\n//s) { sysread $client, $rest, 4096, length $rest or return }
                syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" or return;
            }
        });
        my ($code, $json) = maxq_json('load', '--io', $io, '-n', 300, '-c', 2, '--pipeline', 8, "http://127.0.0.1:$port/");
        my $step = $json->{results}[0]{steps}[0];
        is $code, 4, 'not valid';
        ok counts_add_up($step), 'counts add up';
        is $step->{started}, 300, 'each request was started once';
        cmp_ok $step->{errors}{read} + $step->{errors}{truncated}, '>', 0, 'those that were on it have failed';
        stop($pid);
    };
}

subtest 'calibration' => sub {
    my ($code, $json, $err) = maxq_json('load', '--calibrate', '-c', 4, '-d', '1s', '--expect-body', "hello from skeleton-c\n", "$url/hello");
    my $step = $json->{results}[0]{steps}[0];
    my $generator = $step->{cpu}{generator};
    ok $step->{completed} > 0, 'the target is measured' or diag $err;
    cmp_ok $generator->{null_rps}, '>', $step->{throughput_rps}, 'without the kernel the generator can do more';
    cmp_ok $generator->{ceiling_rps}, '>=', 0.9 * $step->{throughput_rps}, 'nor is its ceiling below what it did';
    my ($busy) = grep { $_->{name} eq 'generator_busy' } @{$step->{checks}};
    ok abs($busy->{value} - $step->{throughput_rps} / $generator->{ceiling_rps}) < 1e-3, 'the check says how far from it';
    ok !exists +(maxq_json('load', '-n', 10, "$url/hello"))[1]->{results}[0]{steps}[0]{cpu}{generator}{null_rps}, 'only when asked';
    (my $other = $url) =~ s/^http/scgi/;
    ($code, undef, $err) = maxq('load', '--calibrate', "$other/hello");
    like $err, qr/^maxq: cannot calibrate by scgi: use --calibrate with http$/m, 'by http only';
};

subtest 'pipelining where it is not possible' => sub {
    my ($code, $out, $err) = maxq('load', '--pipeline', 4, '--no-keepalive', "$url/hello");
    is $code, 1, 'without keep-alive';
    like $err, qr/^maxq: pipelining needs connections that stay: leave out --no-keepalive$/m, 'says why';
    for my $protocol (qw(fastcgi uwsgi scgi)) {
        (my $other = $url) =~ s/^http/$protocol/;
        ($code, $out, $err) = maxq('load', '--pipeline', 4, "$other/hello");
        is $code, 1, $protocol;
        like $err, qr/^maxq: $protocol has no pipelining: use --pipeline with http$/m, 'says why';
    }
    ($code, $out, $err) = maxq('load', '--pipeline', 2000, "$url/hello");
    is $code, 2, 'too many';
};

stop($server);
done_testing;
