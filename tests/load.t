# SPDX-License-Identifier: GPL-3.0-or-later
# maxq load: what it counts is what the server counts, on every kind of connection.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

my $requests = under_sanitizer() ? 20000 : 200000;
my $socket   = "$tmp/serve.sock";
my ($server, $url) = serve('--listen', '127.0.0.1:0', '--listen', "unix:$socket", '--listen', '[::1]:0', '-t', '2');
my $out = slurp((glob "$tmp/start.0.*[0-9]")[0]);
my ($url6) = $out =~ m{(http://\[::1\]:\d+)};

my %seen = %{stats($url)};

# One load; the server's own count must have grown by exactly as much.
sub counted {
    my ($name, $target, $connections, @options) = @_;
    subtest $name => sub {
        my ($code, $json, $err) = maxq_json('load', '-n', $requests, @options, "$target/hello");
        my $step = $json->{results}[0]{steps}[0];
        my $now  = stats($url);
        ok $code == 0 || $code == 4, "exit status $code" or diag $err;
        is $step->{started},   $requests, 'started as asked';
        is $step->{completed}, $requests, 'all completed';
        is $now->{requests} - $seen{requests}, $requests, 'the server counts the same';
        is $step->{connections}, $connections, 'connections';
        # the connection that only looks whether somebody is there is the server's, too, and so are those that ask for stats
        is $now->{connections} - $seen{connections}, $connections + 2, 'the server counts the same connections';
        is $now->{bytes_out} - $seen{bytes_out}, $step->{bytes_in} + length_of_stats(), 'every byte that was sent has arrived';
        is $step->{status}{200}, $requests, 'by status';
        is $step->{in_flight}, 0, 'none in flight';
        ok counts_add_up($step), 'started = completed + errors + in flight';
        ok $step->{latency_us}{p50} > 0 && $step->{latency_us}{p50} <= $step->{latency_us}{p99}
            && $step->{latency_us}{p99} <= $step->{latency_us}{max}, 'latencies are in order';
        is $json->{results}[0]{target}{keepalive} ? 1 : 0, (grep { $_ eq '--no-keepalive' } @options) ? 0 : 1, 'keepalive';
        %seen = %$now;
    };
}

# The answer to the request for stats before this one, head and body, is among the bytes that the server counts.
sub length_of_stats {
    my $body = sprintf "{\"requests\": %s, \"connections\": %s, \"bytes_in\": %s, \"bytes_out\": %s}\n",
        @seen{qw(requests connections bytes_in bytes_out)};
    return length($body) + length("HTTP/1.1 200 OK\r\nServer: maxq\r\nContent-Type: application/json\r\n"
            . "Connection: close\r\nContent-Length: " . length($body) . "\r\n\r\n");
}

counted('keep-alive, tcp',              $url,                 64, '-c', 64);
$requests /= 4;
counted('keep-alive, tcp, two threads', $url,                 64, '-c', 64, '-t', 2);
counted('keep-alive, unix',             "http://unix:$socket:", 64, '-c', 64);
counted('keep-alive, IPv6',             $url6,                3,  '-c', 3);
counted('one client',                   $url,                 1,  '-c', 1) if !under_sanitizer();
$requests /= 5;     # connections cost more
counted('a connection a request, tcp',  $url,                   $requests, '-c', 64, '--no-keepalive');
counted('a connection a request, closed by RST', $url,          $requests, '-c', 64, '--no-keepalive', '--close', 'rst');
counted('a connection a request, unix, two threads', "http://unix:$socket:", $requests, '-c', 64, '-t', 2, '--no-keepalive');

subtest 'host names' => sub {
    plan skip_all => 'this machine does not know localhost' if !gethostbyname('localhost');
    my ($port) = $url =~ /:(\d+)$/;
    my ($code, $json) = maxq_json('load', '-n', 100, "http://localhost:$port/hello");
    is $json->{results}[0]{steps}[0]{completed}, 100, 'localhost';
};

subtest 'a duration' => sub {
    my ($code, $json, $err, $took) = maxq_json('load', '-c', 8, '-d', '1s', '--warmup', '0', "$url/hello");
    my $step = $json->{results}[0]{steps}[0];
    ok abs($step->{duration_s} - 1) < 1e-6, 'measured for exactly the duration';
    cmp_ok $took, '<', 10, 'and not much longer';
    is $step->{windows}, 10, 'in ten windows';
    ok counts_add_up($step), 'counts add up';
    my ($lo, $hi) = @{$step->{throughput_ci95_rps}};
    ok $lo <= $step->{throughput_rps} && $step->{throughput_rps} <= $hi, 'throughput lies in its interval';
    my ($little) = grep { $_->{name} eq 'littles_law' } @{$step->{checks}};
    cmp_ok $little->{value}, '<', 0.1, "Little's law";
};

subtest 'requests' => sub {
    my ($echo, $port) = script_server(sub {
        my ($client) = @_;
        my $request = '';
        while ($request !~ /\r\n\r\n/) { sysread $client, $request, 4096, length $request or last }
        my ($length) = $request =~ /Content-Length: (\d+)/;
        if ($length) {
            while (($request =~ /\r\n\r\n(.*)/s, length $1)[-1] < $length) { sysread $client, $request, 65536, length $request or last }
        }
        syswrite $client, 'HTTP/1.1 200 OK' . "\r\nContent-Length: " . length($request) . "\r\n\r\n$request";
        sysread $client, my $rest, 1;
    });
    my $file = "$tmp/body";
    open my $f, '>', $file or die;
    print $f 'x' x 300000;
    close $f;
    my $expected = "PUT /p?q HTTP/1.1\r\nHost: example.org\r\nUser-Agent: maxq\r\nX-One: 1\r\nContent-Length: 300000\r\n"
        . "Connection: close\r\n\r\n" . 'x' x 300000;
    open $f, '>', "$file.expected" or die;
    print $f $expected;
    close $f;
    my ($code, $json) = maxq_json('load', '-n', 3, '-c', 1, '--no-keepalive', '-m', 'PUT', '-H', 'Host: example.org',
        '-H', 'X-One: 1', '-b', "\@$file", '--expect-body', "\@$file.expected", "http://127.0.0.1:$port/p?q");
    is $json->{results}[0]{steps}[0]{completed}, 3, 'method, headers, body and path arrive as given, also a large body';
    stop($echo);
};

subtest 'a server that answers before it has read the request' => sub {
    my ($hasty, $port) = script_server(sub {
        my ($client) = @_;
        my $request = '';
        while ($request !~ /\r\n\r\n/) { sysread $client, $request, 4096, length $request or last }
        # a second request on the same connection would come in the middle of the first one's body
        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        select undef, undef, undef, 0.1;
        while (sysread $client, $request, 1 << 20) { }
    });
    my $file = "$tmp/large";
    open my $f, '>', $file or die;
    print $f 'x' x (16 << 20);
    close $f;
    my ($code, $json) = maxq_json('load', '-n', 5, '-c', 1, '-m', 'POST', '-b', "\@$file", "http://127.0.0.1:$port/");
    my $step = $json->{results}[0]{steps}[0];
    is $step->{completed}, 5, 'all completed';
    is $step->{connections}, 5, 'each on a connection of its own';
    is errors_of($step), 0, 'no errors';
    stop($hasty);
};

# As uWSGI does by http: a response of HTTP/1.1 promises that the connection stays.
subtest 'a server that keeps no connections, and does not say so' => sub {
    my ($pid, $port) = script_server(sub {
        my ($client) = @_;
        sysread $client, my $request, 4096;
        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    });
    my ($code, $json) = maxq_json('load', '-n', 100, "http://127.0.0.1:$port/");
    my $result = $json->{results}[0];
    is $result->{steps}[0]{completed} + errors_of($result->{steps}[0]), 100, 'every request is answered or an error';
    like $result->{steps}[0]{error_examples}{read} // $result->{limit}{evidence}, qr/closed after its first response, unannounced; .*--no-keepalive/, 'it is said what to do';
    is_deeply [maxq_json('load', '-n', 100, '--no-keepalive', "http://127.0.0.1:$port/")]->[1]{results}[0]{steps}[0]{completed}, 100, 'which helps';
    stop($pid);
};

subtest 'secrets are not stored' => sub {
    my ($code, $out) = maxq('load', '-n', 10, '-H', 'Authorization: Bearer hunter2', '--json', '-', "$url/hello");
    unlike $out, qr/hunter2/, 'no value of a header';
    like $out, qr/"Authorization"/, 'only its name';
};

subtest 'what is correct' => sub {
    my $count = sub {
        my ($name) = shift;
        my ($code, $json) = maxq_json('load', '-n', 50, '-c', 2, @_);
        my $step = $json->{results}[0]{steps}[0];
        ok counts_add_up($step), "$name: counts add up";
        return ($code, $step->{completed}, $step->{errors}{status}, $step->{errors}{mismatch});
    };
    is_deeply [($count->('404', "$url/none"))[1, 2]], [0, 50], 'a status of 400 or more is an error';
    is_deeply [($count->('404 expected', '--expect-status', 404, "$url/none"))[1, 2]], [50, 0], 'unless it is expected';
    is_deeply [($count->('200 not expected', '--expect-status', 204, "$url/hello"))[1, 2]], [0, 50], 'any other is not';
    is_deeply [($count->('body', '--expect-body', "hello from skeleton-c\n", "$url/hello"))[1, 3]], [50, 0], 'the right body';
    is_deeply [($count->('other body', '--expect-body', "hello from skeleton-d\n", "$url/hello"))[1, 3]], [0, 50], 'one byte off';
    is_deeply [($count->('longer body', '--expect-body', "hello from skeleton-c\nx", "$url/hello"))[1, 3]], [0, 50], 'one short';
    is_deeply [($count->('HEAD', '-m', 'HEAD', "$url/hello"))[1]], [50], 'HEAD has no body';
};

subtest 'the JSON is by its schema' => sub {
    my $file = "$tmp/result.json";
    my ($code, $out) = maxq('load', '-n', 100, '--json', $file, "$url/hello");
    ok -s $file, 'a file';
    schema_ok($file);
    like $out, qr/throughput/, 'and the table as well';
    is scalar(my @left = glob "$file.*"), 0, 'no temporary file is left';
};

stop($server);
done_testing;
