# SPDX-License-Identifier: GPL-3.0-or-later
# fastcgi, uwsgi and scgi: against the built-in server, whose counts must be the same; against peers that misbehave by the
# book; and against the servers that people use.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use File::Basename qw(dirname);
use MaxqTest;

my $requests = under_sanitizer() ? 4000 : 20000;
my @gateways = qw(fastcgi uwsgi scgi);
my $large    = "$tmp/large";
{
    open my $f, '>', $large or die;
    print $f map { chr(32 + $_ % 90) } 1 .. 200000;
}

sub load {
    my ($url, @options) = @_;
    my ($code, $json, $err) = maxq_json('load', @options, $url);
    my $step = $json ? $json->{results}[0]{steps}[0] : undef;
    diag $err if !$step;
    return ($step, $json ? $json->{results}[0] : undef, $code);
}

# One load; all is well, and a count that is asked for before and after has grown by exactly as much.
sub counted {
    my ($name, $url, $n, $connections, $count, @options) = @_;
    subtest $name => sub {
        my $before = $count->();
        my ($step, $result) = load($url, '-n', $n, @options);
        is $step->{completed}, $n, 'all completed' or diag explain $step->{errors}, $step->{error_examples};
        ok counts_add_up($step), 'counts add up';
        is $step->{connections}, $connections // $n, 'connections';
        is_deeply $step->{status}, {200 => $n}, 'by status';
        is $result->{target}{protocol}, $url =~ /^(\w+):/ ? $1 : '', 'protocol in the result';
        is $result->{target}{keepalive} ? 1 : 0, defined $connections ? 1 : 0, 'keep-alive in the result';
        is $count->() - $before, $n, 'the server counts the same';
    };
}

# --- the built-in server

for my $protocol ('http', @gateways) {
    subtest "maxq serve --protocol $protocol" => sub {
        my $path = "$tmp/serve.$protocol";
        my ($server, $url) = serve('--protocol', $protocol, '--listen', '127.0.0.1:0', '--listen', "unix:$path", '-t', 2);
        my $count = sub { return stats($url)->{requests} };
        my @body = ('--expect-body', "hello from skeleton-c\n");
        my @close = $protocol eq 'http' ? '--no-keepalive' : ();
        like $url, qr{^$protocol://127}, 'says its protocol';
        for my $to ($url, "$protocol://unix:$path:") {
            my $socket = $to =~ /unix/ ? 'unix' : 'tcp';
            counted("a connection a request, $socket", "$to/hello", $requests, undef, $count, '-c', 32, @close, @body);
            counted("keep-alive, $socket", "$to/hello", $requests, 32, $count, '-c', 32, '-t', 2, '--keepalive', @body)
                if $protocol =~ /http|fastcgi/;
        }
        my $before = stats($url);
        my ($step) = load("$url/hello", '-n', 500, '-c', 4);
        my $after = stats($url);
        # those of the looks at the stats themselves differ only by the number of their digits
        cmp_ok abs($after->{bytes_out} - $before->{bytes_out} - $step->{bytes_in}), '<', 400, 'every byte that was sent has arrived';
        is get("$url/render_table"), slurp("$root/catalog/workloads/render_table"), 'another path';
        ($step) = load("$url/none", '-n', 50, '-c', 2, @close);
        is $step->{status}{404}, 50, 'a status';
        ($step) = load("$url/hello", '-n', 50, '-c', 2, '-m', 'HEAD', '--expect-body', '', @close);
        is $step->{completed}, 50, 'HEAD';
        ($step) = load("$url/hello", '-n', 50, '-c', 2, '-m', 'POST', '-b', "\@$large", @close, @body);
        is $step->{completed}, 50, 'a large body';
        stop($server);

        for my $fault (['--close-every', 10, 'read', 100], ['--truncate-every', 5, 'truncated', 200], ['--status-every', '4:503', 'status', 250]) {
            my ($option, $value, $kind, $n) = @$fault;
            ($server, $url) = serve('--protocol', $protocol, $option, $value);
            ($step) = load("$url/hello", '-n', 1000, '-c', 4);
            is $step->{errors}{$kind}, $n, "$option $value";
            is $step->{completed}, 1000 - $n, 'the others are whole';
            stop($server);
        }
    };
}

subtest 'what the built-in server refuses' => sub {
    my ($server, $url) = serve('--protocol', 'fastcgi');
    my $begin = sub { my ($id, $role) = @_; return fastcgi_record(1, pack('nCx5', $role, 1), id => $id) };
    is exchange_by($url, $begin->(7, 2)), fastcgi_record(3, pack('NCx3', 0, 3), id => 7), 'another role: UNKNOWN_ROLE';
    is exchange_by($url, $begin->(1, 1) . $begin->(2, 1)), fastcgi_record(3, pack('NCx3', 0, 1), id => 2), 'two at a time: CANT_MPX_CONN';
    is exchange_by($url, "GET / HTTP/1.1\r\n\r\n"), '', 'http: no answer';
    like exchange_by($url, $begin->(1, 1) . fastcgi_record(4, '')), qr/^\x01\x06\0\x01.*Status: 400 /s, 'no variables: 400';
    my $vars = "\x0b\x06REQUEST_URI/hello";
    my $ask = sub { my ($id, $keep) = @_; return fastcgi_record(1, pack('nCx5', 1, $keep), id => $id)
            . join '', map { fastcgi_record(@$_, id => $id, padding => 3) } [4, $vars], [4, ''], [5, 'abc'], [5, ''] };
    my $all = exchange_by($url, $ask->(1, 1) . $ask->(300, 1) . $ask->(2, 0));
    is scalar(() = $all =~ /hello from skeleton-c/g), 3, 'KEEP_CONN: three requests on a connection, then it closes';
    is join(',', map { unpack 'n', $_ } $all =~ /\x01\x03(..)\0\x08/gs), '1,300,2', 'answered by their ids';
    is stats($url)->{requests}, 3, 'and counted';
    stop($server);

    ($server, $url) = serve('--protocol', 'scgi');
    like exchange_by($url, "GET / HTTP/1.1\r\n\r\n"), qr/^Status: 400 /, 'scgi: not a netstring';
    stop($server);
    ($server, $url) = serve('--protocol', 'uwsgi');
    like exchange_by($url, pack 'CvC', 0, 0, 0), qr{^HTTP/1\.1 400 }, 'uwsgi: no variables';
    stop($server);
};

# --- the variables, held against those of nginx by Debian's own files

my %expected_to_differ = map { $_ => 1 } qw(REMOTE_PORT SERVER_PORT SERVER_SOFTWARE);

sub variables_of {
    my ($protocol, $bytes) = @_;
    my %vars;
    if ($protocol eq 'uwsgi') {
        my (undef, $size) = unpack 'Cv', $bytes;
        %vars = unpack '(v/a)*', substr $bytes, 4, $size;
    } elsif ($protocol eq 'scgi') {
        my ($size) = $bytes =~ s/^(\d+):// ? $1 : 0;
        like $bytes, qr/^CONTENT_LENGTH\0/, 'CONTENT_LENGTH is the first';
        %vars = split /\0/, substr($bytes, 0, $size - 1), -1;
    } else {
        my $params = '';
        while ($bytes =~ s/^(.{8})//s) {
            my (undef, $type, undef, $length, $padding) = unpack 'CCnnC', $1;
            my $content = substr $bytes, 0, $length + $padding, '';
            $params .= substr $content, 0, $length if $type == 4;
        }
        my $size = sub { return $params =~ s/^([\x80-\xff]...)//s ? unpack('N', $1) & 0x7fffffff : ord substr $params, 0, 1, '' };
        while (length $params) {
            my ($name, $value) = ($size->(), $size->());
            $name = substr $params, 0, $name, '';
            $vars{$name} = substr $params, 0, $value, '';
        }
    }
    return \%vars;
}

# Notes the last request in a file, and answers each.
sub noting_peer {
    my ($protocol, $file) = @_;
    return script_server(sub {
        my ($client) = @_;
        my $bytes = '';
        # a request without a body is over when its variables are
        until ($protocol eq 'scgi' ? $bytes =~ /^(\d+):/ && length $bytes > $1 + length $1
            : $protocol eq 'uwsgi' ? length $bytes > 4 && length $bytes >= 4 + unpack 'xv', $bytes
            : $bytes =~ /\x01\x05..\0\0.\0$/s) {
            sysread $client, $bytes, 65536, length $bytes or return;
        }
        open my $f, '>', "$file.new" or return;
        print $f $bytes;
        close $f;
        rename "$file.new", $file;
        my $head = "Content-Type: text/plain\r\n\r\n";
        syswrite $client, $protocol eq 'uwsgi' ? "HTTP/1.1 200 OK\r\n$head" : $protocol eq 'scgi' ? "Status: 200\r\n$head"
            : fastcgi_record(6, $head) . fastcgi_record(3, "\0" x 8);
    });
}

subtest 'the variables are those of nginx' => sub {
    plan skip_all => 'no nginx here' if !have_program('nginx') || !-r '/etc/nginx/fastcgi_params';
    for my $protocol (@gateways) {
        my $file = "$tmp/variables.$protocol";
        my ($peer, $port) = noting_peer($protocol, $file);
        my $front = free_port();
        open my $f, '>', "$tmp/nginx.conf" or die;
        print $f "daemon off; pid $tmp/nginx.pid; error_log stderr; events {} http { access_log off; ",
            map({ "${_}_temp_path $tmp/$_; " } qw(client_body proxy fastcgi uwsgi scgi)),
            "root /usr/share/nginx/html; server { listen 127.0.0.1:$front; server_name 127.0.0.1; ",
            "location / { include /etc/nginx/${protocol}_params; ${protocol}_pass 127.0.0.1:$port; } } }\n";
        close $f;
        my ($nginx) = start('nginx', '-p', $tmp, '-e', 'stderr', '-c', "$tmp/nginx.conf");
        wait_until(sub { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$front") });
        my @options = ('-n', 1, '-c', 1, '-H', 'X-One: 1', '-H', 'Content-Type: text/x');
        my ($path, %vars) = '/a%20b/c?x=%20&y';
        for my $to (["http://127.0.0.1:$front", 'nginx'], ["$protocol://127.0.0.1:$port", 'maxq']) {
            unlink $file;
            my ($step) = load("$to->[0]$path", @options);
            is $step->{completed}, 1, "$protocol, by $to->[1]" or diag explain $step->{error_examples};
            $vars{$to->[1]} = variables_of($protocol, slurp($file));
            is delete $vars{$to->[1]}{$_} ? 1 : 0, 1, "$_ is there" for grep { $_ ne 'SERVER_SOFTWARE' || $protocol eq 'fastcgi' } keys %expected_to_differ;
        }
        is $vars{maxq}{PATH_INFO}, '/a b/c', 'PATH_INFO';
        # the one that only uwsgi_params has, see docs/method.md
        delete $vars{maxq}{PATH_INFO} if $protocol ne 'uwsgi';
        is_deeply $vars{maxq}, $vars{nginx}, 'the same variables, with the same values';
        load("$protocol://127.0.0.1:$port/", '-n', 1, '-c', 1, '--param', 'SCRIPT_FILENAME=/x', '--param', 'SERVER_PORT=81');
        my $vars = variables_of($protocol, slurp($file));
        is "$vars->{SCRIPT_FILENAME} $vars->{SERVER_PORT}", '/x 81', '--param adds and replaces';
        stop($nginx);
        stop($peer);
    }
};

# --- peers that misbehave

sub read_fastcgi {
    my ($client) = @_;
    my $bytes = '';
    until ($bytes =~ /\x01\x05\0\x01\0\0.\0$/s) { sysread($client, $bytes, 65536, length $bytes) or return }
    return $bytes;
}

my $head = "Content-Type: text/plain\r\n";
my $end  = fastcgi_record(3, "\0" x 8);

# Each answer, sent in one piece and byte by byte, comes to so many of the ten requests as completed, or to that error.
sub answered {
    my ($name, $bytes, $kind, $example, %options) = @_;
    subtest $name => sub {
        for my $piece (length $bytes || 1, 1) {
            my ($peer, $port) = script_server(sub {
                my ($client) = @_;
                setsockopt $client, 6, 1, 1;    # TCP_NODELAY
                while (read_fastcgi($client)) {
                    for (my $at = 0; $at < length $bytes; $at += $piece) { syswrite $client, substr $bytes, $at, $piece }
                    return if $options{close};
                }
            });
            my ($step, undef, $code) = load("fastcgi://127.0.0.1:$port/", '-n', 10, '-c', 2, '--keepalive', '--timeout', '2s',
                '--expect-body', $options{body} // 'hello');
            ok counts_add_up($step), 'counts add up';
            is $kind ? $step->{errors}{$kind} : $step->{completed}, 10, $kind // 'completed'
                or diag explain $step->{errors}, $step->{error_examples};
            is $step->{connections}, 2, 'on two connections' if !$kind;
            is $code, 4, 'not valid' if $kind;
            like $step->{error_examples}{$kind}, $example, 'with a clear text' if $example;
            stop($peer);
        }
    };
}

answered('STDERR between, padding, and other requests', join '', fastcgi_record(7, "a line\n", padding => 1),
    fastcgi_record(6, "Status: 200 OK\r\n", padding => 255), fastcgi_record(7, ''), fastcgi_record(6, 'not ours', id => 2),
    fastcgi_record(6, "$head\r\nhel"), fastcgi_record(3, "\0" x 8, id => 2), fastcgi_record(7, 'x' x 1000), fastcgi_record(6, 'lo', padding => 6),
    fastcgi_record(6, ''), fastcgi_record(3, "\0" x 8, padding => 8));
answered('END_REQUEST only', fastcgi_record(6, "$head\r\nhello") . $end);
answered('the answer to another request', fastcgi_record(6, "$head\r\nhello", id => 2) . fastcgi_record(3, "\0" x 8, id => 2),
    'truncated', qr/before END_REQUEST/, close => 1);
answered('CANT_MPX_CONN', fastcgi_record(3, pack 'NCx3', 0, 1), 'protocol', qr/refused: .*CANT_MPX_CONN/);
answered('OVERLOADED', fastcgi_record(3, pack 'NCx3', 0, 2), 'protocol', qr/refused: .*OVERLOADED/);
answered('UNKNOWN_ROLE', fastcgi_record(3, pack 'NCx3', 0, 3), 'protocol', qr/refused: .*UNKNOWN_ROLE/);
answered('an end before the head', fastcgi_record(7, 'broken') . $end, 'protocol', qr/without a response/);
answered('an early close', fastcgi_record(6, "$head\r\nhello") . fastcgi_record(6, ''), 'truncated', qr/before END_REQUEST/, close => 1);
answered('a record that says more than it has', fastcgi_record(6, "$head\r\nhello", length => 65535), 'truncated', qr/before END_REQUEST/,
    close => 1);
answered('END_REQUEST that is too long', fastcgi_record(6, "$head\r\nhello") . fastcgi_record(3, "\0" x 9), 'protocol', qr/not 8 bytes/);
answered('more than Content-Length', fastcgi_record(6, "${head}Content-Length: 4\r\n\r\nhello") . $end, 'protocol', qr/beyond Content-Length/);
answered('less than Content-Length', fastcgi_record(6, "${head}Content-Length: 6\r\n\r\nhello") . $end, 'protocol', qr/before its Content-Length/);
answered('another body', fastcgi_record(6, "$head\r\nhellO") . $end, 'mismatch');
answered('not fastcgi', "HTTP/1.1 400 Bad Request\r\n\r\n", 'protocol', qr/not a record of FastCGI/);

subtest 'a head without end' => sub {
    my ($peer, $port) = script_server(sub { read_fastcgi($_[0]) && syswrite $_[0], fastcgi_record(6, 'x' x 65535) x 3 });
    my ($step) = load("fastcgi://127.0.0.1:$port/", '-n', 4, '-c', 1);
    is $step->{errors}{protocol}, 4, 'a record that is too long';
    like $step->{error_examples}{protocol}, qr/head is too long/, 'it says so';
    stop($peer);
};

for my $case (['uwsgi', "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 'truncated', qr/middle/],
    ['scgi', "Status: 200 OK\r\nContent-Length: 9\r\n\r\nhello", 'truncated', qr/before its Content-Length/],
    ['uwsgi', "Status: 200 OK\r\n\r\nhello", 'protocol', qr/status line/], ['scgi', "HTTP/1.1 200 OK\r\n\r\nhello", 'protocol', qr/colon/],
    ['uwsgi', '', 'read', qr/without a response/], ['scgi', '', 'read', qr/without a response/]) {
    my ($protocol, $bytes, $kind, $example) = @$case;
    my ($peer, $port) = script_server(sub { sysread $_[0], my $request, 65536 or return; syswrite $_[0], $bytes });
    my ($step) = load("$protocol://127.0.0.1:$port/", '-n', 10, '-c', 2);
    is $step->{errors}{$kind}, 10, "$protocol: $kind" or diag explain $step->{errors}, $step->{error_examples};
    like $step->{error_examples}{$kind}, $example, 'it says why';
    stop($peer);
}

# --- what cannot even begin

for my $case ([['--keepalive', 'uwsgi://127.0.0.1:1/'], qr/carries one request of uwsgi: leave out --keepalive/],
    [['--keepalive', 'scgi://127.0.0.1:1/'], qr/carries one request of scgi: leave out --keepalive/],
    [['--param', 'A=B', 'http://127.0.0.1:1/'], qr/http has no parameters/],
    [['--uwsgi-modifier', 5, 'scgi://127.0.0.1:1/'], qr/scgi has no modifier/],
    [['--io', 'null', 'scgi://127.0.0.1:1/'], qr/'null' answers by http only/],
    [['fastcgi://127.0.0.1/'], qr/fastcgi has none of its own/],
    [['fastcgi://127.0.0.1:1/%00'], qr/%00/],
    [['-H', 'X: ' . 'x' x 66000, 'uwsgi://127.0.0.1:1/'], qr/uwsgi has room for 65535, and uWSGI for 4096 unless its buffer-size/]) {
    my ($args, $message) = @$case;
    my ($code, $out, $err) = maxq('load', @$args);
    ok $code == 1 || $code == 2, "refused: $args->[-1]";
    like $err, $message, 'it says why';
    is scalar(() = $err =~ /\n/g), 1, 'in one line';
}

# --- the servers that people use

subtest 'uWSGI' => sub {
    plan skip_all => 'no uwsgi with Python here' if !have_program('uwsgi') || !-e '/usr/lib/uwsgi/plugins/python3_plugin.so';
    for my $protocol ('http', @gateways) {
        for my $socket ('tcp', 'unix') {
            my $port = free_port();
            my ($listen, $to) = $socket eq 'tcp' ? ("127.0.0.1:$port", "127.0.0.1:$port") : ("$tmp/uwsgi.sock", "unix:$tmp/uwsgi.sock:");
            my ($uwsgi, $log) = start('uwsgi', '--plugin', 'python3', '--socket', $listen, '--protocol', $protocol, '--master', '--processes', 1,
                '--chdir', "$root/catalog/skeleton", '--module', 'skeleton:application', '--need-app', '--die-on-term', '--disable-logging',
                '--stats', "$tmp/uwsgi.stats", '--listen', 100);
            my $count = sub {
                my $text = exchange_by("http://unix:$tmp/uwsgi.stats:/", '');
                return JSON::PP->new->decode($text)->{workers}[0]{requests};
            };
            ok wait_until(sub { (get("$protocol://$to/hello") // '') eq "hello from skeleton\n" }), "it answers by $protocol over $socket"
                or diag slurp("$log.err");
            counted("$protocol, $socket", "$protocol://$to/hello?x=1", $requests, undef, $count, '-c', 8,
                '--expect-body', "hello from skeleton\n", $protocol eq 'http' ? '--no-keepalive' : ());
            if ($protocol eq 'uwsgi') {
                my ($step) = load("uwsgi://$to/hello", '-n', 10, '-c', 1, '--param', 'X=' . 'x' x 5000);
                is $step->{errors}{read}, 10, 'more than its buffer takes' or diag explain $step->{errors};
                like $step->{error_examples}{read}, qr/more than 4096 bytes of variables.*buffer-size/, 'it says what to do';
            }
            stop($uwsgi);
            unlink "$tmp/uwsgi.stats";
        }
    }
};

subtest 'PHP-FPM' => sub {
    my ($fpm) = grep { -x } sort glob '/usr/sbin/php-fpm[0-9]*';
    plan skip_all => 'no PHP-FPM here: apt-get install php-fpm' if !$fpm;
    my ($port, $script) = (free_port(), "$tmp/hello.php");
    open my $f, '>', $script or die;
    print $f '<?php header("Content-Type: text/plain"); error_log("a line"); echo "hello from ", $_SERVER["PATH_INFO"], "\n";', "\n";
    close $f;
    for my $socket ('tcp', 'unix') {
        my ($listen, $to) = $socket eq 'tcp' ? ("127.0.0.1:$port", "127.0.0.1:$port") : ("$tmp/fpm.sock", "unix:$tmp/fpm.sock:");
        open $f, '>', "$tmp/fpm.conf" or die;
        print $f "[global]\nerror_log = $tmp/fpm.log\n[www]\n", $> == 0 ? "user = root\n" : '',
            "listen = $listen\npm = static\npm.max_children = 1\npm.status_path = /status\ncatch_workers_output = no\n";
        close $f;
        my ($pid, $log) = start($fpm, '-F', '-R', '-n', '-y', "$tmp/fpm.conf");
        my $ask   = gateway_request('fastcgi', REQUEST_METHOD => 'GET', QUERY_STRING => 'json', map { $_ => '/status' } qw(SCRIPT_NAME SCRIPT_FILENAME));
        my $count = sub { return (exchange_by("fastcgi://$to/", $ask) // '') =~ /"accepted conn":(\d+)/ ? $1 : undef };
        ok wait_until(sub { $count->() }), "it answers over $socket" or diag slurp("$log.err"), slurp("$tmp/fpm.log");
        my @script = ('--param', "SCRIPT_FILENAME=$script", '--expect-body', "hello from /hello.php\n");
        # it counts connections, and so the one that looks whether somebody is there, and the one that asks
        my $asked   = 0;
        my $without = sub { return $count->() - 2 * $asked++ };
        counted("a connection a request, $socket", "fastcgi://$to/hello.php", $requests / 4, undef, $without, '-c', 4, @script);
        # one worker keeps to one connection
        my ($step) = load("fastcgi://$to/hello.php", '-n', $requests / 4, '-c', 1, '--keepalive', @script);
        is $step->{completed}, $requests / 4, "KEEP_CONN, $socket" or diag explain $step->{error_examples};
        is $step->{connections}, 1, 'on one connection';
        ($step) = load("fastcgi://$to/none.php", '-n', 10, '-c', 1, '--param', 'SCRIPT_FILENAME=/none.php');
        is $step->{status}{404}, 10, 'no such script';
        stop($pid, 'QUIT');
    }
};

subtest 'libfcgi' => sub {
    my $program = dirname($maxq) . '/fcgi_hello';
    plan skip_all => 'built without libfcgi: apt-get install libfcgi-dev' if !-x $program;
    my $port = free_port();
    for my $socket ('tcp', 'unix') {
        my ($listen, $to) = $socket eq 'tcp' ? (":$port", "127.0.0.1:$port") : ("$tmp/fcgi.sock", "unix:$tmp/fcgi.sock:");
        my ($pid) = start($program, $listen);
        my $count = sub { return get("fastcgi://$to/stats") };
        ok wait_until(sub { defined $count->() }), "it answers over $socket";
        my @body = ('--expect-body', "hello from libfcgi\n");
        counted("a connection a request, $socket", "fastcgi://$to/hello", $requests, undef, $count, '-c', 8, @body);
        counted("KEEP_CONN, $socket", "fastcgi://$to/hello", $requests, 1, $count, '-c', 1, '--keepalive', @body);
        my ($step, $result) = load("fastcgi://$to/large", '-n', 20, '-c', 2, '--expect-body', 'x' x 100000);
        is $step->{completed}, 20, 'an answer of many records';
        ($step) = load("fastcgi://$to/echo", '-n', 20, '-c', 2, '-m', 'POST', '-b', "\@$large", '--expect-body', "\@$large");
        is $step->{completed}, 20, 'a request of many records' or diag explain $step->{errors}, $step->{error_examples};
        stop($pid);
    }
};

subtest 'a sweep' => sub {
    my ($server, $url) = serve('--protocol', 'fastcgi', '--burn', '200us');
    my ($code, $json, $err) = maxq_json('sweep', '-c', '1,2', '-d', '300ms', '--keepalive', "$url/hello");
    my $result = $json->{results}[0];
    cmp_ok $result->{maximum}{throughput_rps}, '>', 100, 'by fastcgi' or diag $err;
    is $result->{target}{protocol}, 'fastcgi', 'said in the result';
    is scalar(grep { errors_of($_) } @{$result->{steps}}), 0, 'without errors';
    stop($server);
};

done_testing;
