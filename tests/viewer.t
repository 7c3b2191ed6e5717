# SPDX-License-Identifier: GPL-3.0-or-later
# maxq report --live: who may read it, what it tells of runs that go on, and that it does them no harm. The page itself is opened in a
# real browser (web/test/live.mjs).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(time sleep);
use MaxqTest;

{
    my ($code, undef, $err) = maxq('report', '-o', "$tmp/page.html", "$root/tests/data/report_sweep.json");
    if ($code) {
        like $err, qr/built without the report page/, 'no page is built in';
        like((maxq('report', '--live'))[2], qr/^maxq: [^\n]*: install nodejs and npm, then build it again\n$/, 'nor is one served');
        done_testing;
        exit;
    }
}

# Its pid, port, and the path of its pages.
sub live {
    my (@arguments) = @_;
    my ($pid, $out) = start($maxq, 'report', '--live', @arguments);
    my ($port, $path) = @{wait_until(sub { slurp($out) =~ m{^open http://127\.0\.0\.1:(\d+)(/\S*) in a browser} ? [$1, $2] : undef })
        // die 'maxq report --live did not start: ' . slurp("$out.err")};
    return ($pid, $port, $path);
}

# Status, head and body.
sub request {
    my ($port, $path, %options) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!";
    my $host = exists $options{host} ? $options{host} : "127.0.0.1:$port";
    print $socket +($options{method} // 'GET') . " $path HTTP/1.1\r\n" . (defined $host ? "Host: $host\r\n" : '') . "Connection: close\r\n\r\n";
    my $all = do { local $/; <$socket> } // '';
    my ($head, $body) = split /\r\n\r\n/, $all, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};
    return ($status // 0, $head, $body);
}

sub data_of { my ($html) = @_; return decode_json($html =~ m{<script type="application/json" id="data">(.*?)</script>}s ? $1 : 'null') }

# The events of a stream, until `enough` of them or so many seconds have come.
sub events {
    my ($port, $path, $seconds, $enough) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!";
    my ($select, $all, $deadline, @events) = (IO::Select->new($socket), '', time + $seconds);
    print $socket "GET $path HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    while (time < $deadline) {
        last if $select->can_read(0.1) && !sysread $socket, $all, 65536, length $all;
        # chunks: their sizes stand on lines of their own
        (my $text = $all) =~ s/\r\n[0-9a-f]+\r\n//g;
        $text =~ s/\r\n//g;
        @events = map { /^event: (\w+)\ndata: (\{.*\}|\[.*\])$/s ? [$1, $2] : () } split /\n\n/, $text =~ s/\A.*?text\/event-stream//sr =~ s/(?=event: )/\n\n/gr;
        last if $enough->(@events);
    }
    return ($all, map { [$_->[0], eval { decode_json($_->[1]) }] } grep { eval { decode_json($_->[1]); 1 } } @events);
}

my ($server, $url) = serve();

subtest 'who may read it' => sub {
    my ($pid, $port, $path) = live();
    like $path, qr{^/[0-9a-f]{32}/$}, 'the address has 128 random bits';
    my ($status, $head, $body) = request($port, $path);
    is $status, 200, 'whom it was told to';
    like $head, qr/^Cache-Control: no-store\r$/m, 'nobody keeps it';
    like $head, qr/^Referrer-Policy: no-referrer\r$/m, 'nor is it passed on';
    like $head, qr/^Content-Security-Policy: frame-ancestors 'none'\r$/m, 'nor framed';
    like $body, qr/<meta [^>]*default-src 'none';[^"]* connect-src 'self';/, 'it may ask for more only where it came from';
    (my $wrong = $path) =~ tr/0-9a-f/1-9a-f0/;
    my $secret = $path =~ s{/}{}gr;
    for my $case (['another token', $wrong, 404], ['none', '/', 404], ['half of it', substr($path, 0, 16), 404], ['without its end', "/$secret", 404],
        ['no such page', "${path}index.html", 404], ['no such run', "${path}run/7", 404], ['no run at all', "${path}run/", 404],
        ['a bad run', "${path}run/1;2", 404], ['half a list', "${path}run/1,", 404], ['events of two', "${path}events?run=1,2", 404], ['more than is known', "${path}run/" . join(',', 1 .. 40), 404], ['events of nothing', "${path}events?run=x", 404],
        ['an endless path', '/' . 'a' x 20000, 414]) {
        my ($what, $at, $expected) = @$case;
        my ($status, undef, $body) = request($port, $at);
        ok $status == $expected || ($expected == 414 && $status =~ /^4/), "$what: $expected" or diag $status;
        unlike $body // '', qr/\Q$secret\E/, "$what: and not the token";
    }
    is((request($port, $path, host => 'evil.example'))[0], 403, 'a name from elsewhere that was made to lead here');
    is((request($port, $path, host => "127.0.0.1.evil.example"))[0], 403, 'or begins like it');
    is((request($port, $path, host => 'localhost:8080'))[0], 200, 'a tunnel has another port');
    is((request($port, $path, host => undef))[0] =~ /^(?:400|403)$/ ? 1 : 0, 1, 'no name');
    is((request($port, $path, method => 'POST'))[0], 405, 'nothing can be written');
    is((request($port, $path, method => 'HEAD'))[2] // '', '', 'HEAD has no body');
    my @listening = map { (split)[3] eq '0A' ? (split)[1] : () } split /\n/, slurp('/proc/net/tcp') . slurp('/proc/net/tcp6');
    my $hex = sprintf '%04X', $port;
    is_deeply [grep { /:$hex$/ } @listening], ["0100007F:$hex"], 'it listens on 127.0.0.1 alone';
    my ($worker) = descendants($pid);
    my @stat = split / /, slurp("/proc/$worker/stat") =~ s/^.*\) //r;
    is $stat[16], 19, 'and gives way to all others';
    is $stat[3], $worker, 'in a session of its own';
    like slurp("/proc/$worker/autogroup"), qr/nice 19$/, 'which is as nice' if -e "/proc/$worker/autogroup" && $> == 0;
    my ($code, undef, $err) = maxq('report', '--live', '--port', $port);
    is $code, 1, 'a port that is taken';
    like $err, qr/^maxq: cannot serve the report at port $port: it is taken; leave out --port[^\n]*\n$/, 'what to do';
    is stop($pid, 'INT'), 0, 'Ctrl-C ends it';
    ok !-d "/proc/$worker", 'all of it';
    ok !-e "$tmp/state/maxq/history.db", 'looking makes no history';
};

subtest 'usage' => sub {
    for my $case ([['--live', '-o', 'x.html'], 2, qr/use one of them/], [['--port', 80], 2, qr/--port is for --live/], [['--live', '--port', 'x'], 2, qr/bad port 'x'/],
        [['--live', '--port', 70000], 2, qr/bad port/], [['--live', "$root/tests/data/report_sweep.json"], 1, qr/is no run: files are for 'maxq report' without --live/], [['--live', 7], 1, qr/./]) {
        my ($arguments, $expected, $words) = @$case;
        my ($code, $out, $err) = maxq('report', @$arguments);
        is $code, $expected, "@$arguments" =~ s/\Q$root\E.*/FILE/r;
        like $err, qr/^maxq: [^\n]*$words[^\n]*\n$/, 'in one line';
        is $out, '', 'and nothing else';
    }
};

subtest 'a run from its begin to its end' => sub {
    my ($pid, $port, $path) = live();
    my ($run) = start($maxq, 'sweep', '-c', '1,2,4,8', '-d', '1s', '--warmup', '100ms', "$url/hello");
    my ($raw, @events) = events($port, "${path}events", 30, sub { my @runs = grep { $_->[0] eq 'run' } @_; return @runs && $runs[-1][1] =~ /"complete":true/ });
    like $raw, qr{^HTTP/1\.1 200 .*^Content-Type: text/event-stream\r$}ms, 'server-sent events';
    my @going = map { @{$_->[1]} } grep { $_->[0] eq 'going' } @events;
    my @runs  = map { $_->[1] } grep { $_->[0] eq 'run' } @events;
    cmp_ok scalar(@going), '>=', 3, 'what goes on is told, more than once';
    is_deeply [sort keys %{{map { $_->{command} => 1 } @going}}], ['sweep'], 'which command';
    is_deeply [grep { !($_->{clients} =~ /^[01248]$/) } @going], [], 'with so many clients';
    ok scalar(grep { $_->{throughput_rps} && $_->{generator_busy} && @{$_->{components}} } @going), 'throughput and CPU time';
    ok scalar(grep { @{$_->{points}} >= 2 } @going), 'and the steps so far';
    cmp_ok scalar(@runs), '>=', 3, 'and the result as it grows';
    my @steps = map { scalar @{$_->{result}{results}[0]{steps} // []} } @runs;
    ok $steps[0] < $steps[-1] && !(grep { $steps[$_] < $steps[$_ - 1] } 1 .. $#steps), 'step by step' or diag "@steps";
    ok !$runs[0]{result}{complete} && $runs[-1]{result}{complete}, 'until it is complete';
    is $runs[-1]{source}, 'run 1', 'its number';
    wait_until(sub { waitpid($run, POSIX::WNOHANG()) == $run }) or fail 'the run ends';
    is_deeply $runs[-1]{result}, JSON::PP->new->decode((maxq('show', '--json'))[1]), 'as it is stored';
    is_deeply [glob "$tmp/state/maxq/*-live-* $tmp/state/maxq/*-new-*"], [], 'its file is removed';

    my ($status, undef, $html) = request($port, $path);
    is_deeply [$status, map { scalar @{data_of($html)->{$_} // []} } qw(runs)], [200, 0], 'nothing goes on any more';
    is_deeply [map { "$_->{id} $_->{command}" } @{data_of($html)->{live}{history}}], ['1 sweep'], 'but the list of stored runs';
    ($status, undef, $html) = request($port, "${path}run/1");
    is_deeply [map { $_->{source} } @{data_of($html)->{runs}}], ['run 1'], 'each can be looked at';
    is((request($port, "${path}run/1,1"))[0], 200, 'or with others');
    is stop($pid), 0, 'and it ends';
};

subtest 'runs that end in other ways' => sub {
    my ($pid, $port, $path) = live();
    my $going = sub { return data_of((request($port, $path))[2])->{live}{going} };
    my ($run) = start($maxq, 'sweep', '-c', '1,2,4,8', '-d', '5s', "$url/hello");
    ok wait_until(sub { @{$going->()} }, 10), 'one that goes on';
    my ($watcher) = start($maxq, 'report', '--live', 'last');
    stop($run, 'KILL');
    ok wait_until(sub { !@{$going->()} }, 5), 'is killed: nothing goes on';
    is_deeply [glob "$tmp/state/maxq/*-live-*"], [], 'and its file is removed by who looks';
    stop($watcher);

    # of nobody, broken, hostile
    my $store = "$tmp/state/maxq/history.db";
    for my $case (['', 0], ['no JSON', 1], ['[1]', 1], ['{"run": "<script>"}', 1], ['{"pid":1,"run": "<script>"}', 0]) {
        my ($text, $stays) = @$case;
        open my $f, '>', "$store-live-abcdef.json" or die;
        print $f $text;
        close $f;
        is_deeply $going->(), [], 'a file of nobody says nothing';
        is !!unlink("$store-live-abcdef.json"), !!$stays, $stays ? 'one that is not ours stays' : 'and is removed';
    }
    symlink '/etc/passwd', "$store-live-abcdef.json";
    is_deeply $going->(), [], 'nor does a link';
    unlink "$store-live-abcdef.json";

    # closed while somebody reads, and a run beside it
    my ($other) = start($maxq, 'load', '-c', 2, '-d', '3s', "$url/hello");
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
    print $socket "GET ${path}events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    sysread $socket, my $some, 4096;
    my $began = time;
    is stop($pid, 'INT'), 0, 'it ends with somebody reading';
    cmp_ok time - $began, '<', 5, 'at once';
    my $status = wait_until(sub { waitpid($other, POSIX::WNOHANG()) == $other ? [$?] : undef }, 20);
    delete $MaxqTest::running{$other};
    ok $status && ($status->[0] >> 8) =~ /^[04]$/, 'the run goes on to its end';
};

subtest 'histories that are none, or are changed under its hands' => sub {
    my $file = "$tmp/odd.db";
    open my $f, '>', $file or die;
    print $f 'x' x 5000;
    close $f;
    my ($code, $out, $err) = maxq('report', '--live', '--store', $file);
    is_deeply [$code, $out], [1, ''], 'a file of another kind';
    like $err, qr/^maxq: [^\n]*\Q$file\E[^\n]*\n$/, 'is told at once';
    unlink $file;
    my ($pid, $port, $path) = live('--store', $file);
    maxq('load', '-c', 1, '-n', 10, '--store', $file, "$url/hello");
    is_deeply [map { $_->{command} } @{data_of((request($port, $path))[2])->{live}{history}}], ['load'], 'one that came later';
    my (undef, @events) = events($port, "${path}events?shown=1", 5, sub { grep { $_->[0] eq 'run' } @_ });
    ok scalar(grep { $_->[0] eq 'run' && $_->[1]{result}{complete} } @events), 'who shows a run hears how it ended';
    # deleted, and another in its place
    my ($later) = start('sh', '-c', "sleep 1; rm -f $file $file-wal $file-shm; exec $maxq sweep -q -c 1,2 -d 300ms --store $file $url/hello");
    (undef, @events) = events($port, "${path}events?shown=1", 20, sub { grep { $_->[0] eq 'run' && $_->[1] =~ /"command":"sweep"/ && $_->[1] =~ /"complete":true/ } @_ });
    ok scalar(grep { $_->[0] eq 'run' && $_->[1]{result}{command} eq 'sweep' && $_->[1]{result}{complete} } @events), 'the new one is read';
    my $empty = "$tmp/empty.db";
    open $f, '>', $empty or die;
    close $f;
    stop($pid);
    ($pid, $port, $path) = live('--store', $empty);
    request($port, $path);
    is -s $empty, 0, 'an empty file is left as it is';
    stop($pid);
};

subtest 'a run of which nobody can be told' => sub {
    my ($code, undef, $err) = maxq('load', '-c', 1, '-n', 10, '--no-store', "$url/hello");
    is $code == 4 ? 0 : $code, 0, 'is not stored';
    is_deeply [glob "$tmp/state/maxq/*-live-*"], [], 'and leaves no file';
};

{
    my ($pid, $port, $path) = live();
    # undef: the browser
    browser_ok('live.mjs', "http://127.0.0.1:$port$path", undef, $maxq, "$url/hello");
    stop($pid);
}

stop($server);
done_testing;
