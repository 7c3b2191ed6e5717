# SPDX-License-Identifier: GPL-3.0-or-later
# Servers that misbehave, and things that are not there: a clear line, the right exit status, counts that add up, an end
# in time, and no busy loop.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time sleep);
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);
use MaxqTest;

my $slack = under_sanitizer() ? 6 : 2;    # seconds beyond duration + timeout

# The most tries in vain of a client in so many seconds: pauses of 0, 1, 2, 4 ... 64 ms lie between the first ones, and
# 128 ms between all others. Without a pause it would be thousands in a second.
sub tries_max { return 20 + $_[0] / 0.1 }

sub read_request {
    my ($client) = @_;
    my $request = '';
    while ($request !~ /\r\n\r\n/) { sysread($client, $request, 4096, length $request) or return }
    return $request;
}

# Until the client closes.
sub drain {
    my ($client) = @_;
    my $dropped;
    while (sysread $client, $dropped, 65536) { }
    return;
}

# Loads a server that misbehaves; returns the step for more tests.
sub misbehaving {
    my ($name, $port, $kind, %more) = @_;
    my ($json, $out, $err);
    subtest $name => sub {
        my @cpu_before = times;
        my ($code, $took);
        ($code, $json, $err, $took) = maxq_json('load', '-c', 8, '-d', '1s', '--timeout', '500ms', @{$more{options} // []},
            "http://127.0.0.1:$port/");
        my @cpu = times;
        my $step = $json->{results}[0]{steps}[0];
        is $code, 4, 'measured, but not valid' or diag $err;
        ok $step, 'a result' or return;
        ok counts_add_up($step), 'counts add up';
        ok $step->{errors}{$kind} > 0, "errors by $kind" or diag explain $step->{errors};
        is errors_of($step), $step->{errors}{$kind}, 'and no others' if !$more{others};
        ok !$json->{results}[0]{valid} && @{$json->{results}[0]{why_not_valid}}, 'it says that it is not valid, and why';
        cmp_ok $took, '<', 1 + 0.5 + $slack, 'ends by duration + timeout';
        cmp_ok accepted($port), '<', 8 * tries_max($took), 'without trying all the time';
        # it waits for nearly all of its 1.5 seconds, and has to do some milliseconds' worth
        cmp_ok $cpu[2] + $cpu[3] - $cpu_before[2] - $cpu_before[3], '<', 0.5, 'without a busy loop'
            if !under_sanitizer();
        like $step->{error_examples}{$kind}, $more{example}, 'with an example' if $more{example};
    };
    return $json ? $json->{results}[0] : undef;
}

{
    my ($pid, $port) = script_server(sub { read_request($_[0]); drain($_[0]) });
    my $result = misbehaving('a server that never answers', $port, 'timeout');
    like $result->{why_not_valid}[0], qr/no correct response/, 'said in words';
    is $result->{limit}{resource}, 'errors', 'errors are the limit';
    stop($pid);
}
# One process serves all clients of these in turn: it is fast enough to notice those who do not pause.
{
    my ($pid, $port) = script_server(sub {
        my ($client) = @_;
        read_request($client);
        setsockopt $client, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    }, fork => 0);
    misbehaving('a server that resets', $port, 'read', example => qr/reset/);
    stop($pid);
}
{
    my ($pid, $port) = script_server(sub { read_request($_[0]) }, fork => 0);
    misbehaving('a server that closes without an answer', $port, 'read', example => qr/without a response/);
    stop($pid);
}
{
    my ($pid, $port) = script_server(sub {
        my ($client) = @_;
        while (read_request($client)) { syswrite $client, "\x16\x03\x01 this is not the protocol that you look for\r\n" }
    }, fork => 0);
    misbehaving('a server that sends garbage', $port, 'protocol', example => qr/status line/);
    stop($pid);
}
{
    my ($pid, $port) = script_server(sub { syswrite $_[0], "220 mail.example.org ESMTP\r\n"; drain($_[0]) }, fork => 0);
    misbehaving('a server that speaks first', $port, 'protocol');
    stop($pid);
}
{
    my ($pid, $port) = script_server(sub {
        my ($client) = @_;
        read_request($client);
        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it";
    }, fork => 0);
    misbehaving('a server that stops in the middle', $port, 'truncated', example => qr/middle/);
    stop($pid);
}
{
    my ($pid, $port) = script_server(sub {
        my ($client) = @_;
        while (read_request($client)) { syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more" }
    }, fork => 0);
    misbehaving('a server that says more than it announced', $port, 'protocol', example => qr/beyond/);
    stop($pid);
}
{
    my ($pid, $port) = script_server(sub {
        my ($client) = @_;
        read_request($client);
        syswrite $client, "HTTP/1.1 200 OK\r\nX: " . ('y' x 65536) . "\r\n" for 1 .. 100;
        drain($client);
    }, fork => 0);
    misbehaving('a head without end', $port, 'protocol', example => qr/too long/);
    stop($pid);
}

subtest 'a server that closes at once while clients still connect' => sub {
    # its queue is full at first: clients that found no place come again after a second, and set-up lasts for so long
    my ($pid, $port) = script_server(sub { sleep 0.5 if $_[1] == 1 }, fork => 0, backlog => 1);
    my ($code, $json, $err, $took) =
        maxq_json('load', '-c', 8, '-d', '1s', '--timeout', '2s', "http://127.0.0.1:$port/");
    my $step = $json->{results}[0]{steps}[0];
    is $code, 4, 'not valid' or diag $err;
    ok counts_add_up($step), 'counts add up';
    ok $step->{errors}{read} > 0, 'no request is answered';
    cmp_ok $took, '<', 1 + 2 + 2 + $slack, 'in time';
    cmp_ok accepted($port), '>', 8, 'clients try again';
    cmp_ok accepted($port), '<', 8 * tries_max($took), 'but do not hammer it';
    stop($pid);
};

subtest 'a server that is killed in mid-run' => sub {
    my ($server, $url) = serve();
    my ($pid, $out) = start($maxq, 'load', '-c', 16, '-d', '2s', '--timeout', '500ms', '--json', '-', "$url/hello");
    my $began = time;
    sleep 1;
    stop($server, 'KILL');
    my $status = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 20);
    is $status->[0] >> 8, 4, 'not valid';
    cmp_ok time - $began, '<', 2.5 + $slack, 'ends by duration + timeout';
    my $step = json_file($out)->{results}[0]{steps}[0];
    ok counts_add_up($step), 'counts add up';
    ok $step->{completed} > 100, 'what was measured before is there';
    ok $step->{errors}{connect} > 0, 'the rest could not connect';
    cmp_ok $step->{errors}{connect}, '<', 16 * tries_max(time - $began), 'and did not try all the time';
    like $step->{error_examples}{connect}, qr/refused|reset/, 'and why';
};

subtest 'a listen queue that is full' => sub {
    # nobody ever accepts: unix sockets refuse at once, and must not be hammered
    my $path   = "$tmp/full.sock";
    my $socket = IO::Socket::UNIX->new(Local => $path, Listen => 1) or die;
    my ($code, $json, $err, $took) =
        maxq_json('load', '-c', 32, '-d', '1s', '--timeout', '500ms', "http://unix:$path:/");
    my $step = $json->{results}[0]{steps}[0];
    is $code, 4, 'not valid';
    ok counts_add_up($step), 'counts add up';
    ok $step->{errors}{connect} > 0 && $step->{errors}{timeout} > 0, 'some cannot connect, some are not answered';
    cmp_ok $step->{errors}{connect}, '<', 32 * tries_max($took), 'and do not try all the time';
    cmp_ok $took, '<', 2 + $slack, 'in time';
    my ($check) = grep { $_->{name} eq 'clients_missing' } @{$step->{checks}};
    ok !$check->{ok}, 'it says that clients are missing';
};

# What cannot even begin: one line on standard error, status 1, nothing on standard output.
sub cannot {
    my ($name, $message, $status, @args) = @_;
    subtest $name => sub {
        my ($code, $out, $err, $took) = maxq(@args);
        is $code, $status, "exit status $status";
        is $out, '', 'no result';
        like $err, $message, 'says why';
        is scalar(() = $err =~ /\n/g), 1, 'in one line' or diag $err;
        cmp_ok $took, '<', 5 + $slack, 'soon';
    };
}

my $closed = free_port();
for my $command ('load', 'sweep') {
    cannot("$command: a refused port", qr/^maxq: cannot connect to '127.0.0.1:$closed': Connection refused: is the server running\?$/,
        1, $command, "http://127.0.0.1:$closed/");
}
cannot('an unknown host', qr/^maxq: cannot find host 'no-such-host.invalid': /, 1, 'load', 'http://no-such-host.invalid/');
cannot('a missing unix socket', qr/cannot connect to 'unix:\/no\/such.sock': No such file/, 1, 'load', 'http://unix:/no/such.sock:/');
cannot('not this machine', qr/'192\.0\.2\.1:80' is not this machine: add --remote-ok/, 1, 'load', 'http://192.0.2.1/');
cannot('a protocol that cannot be spoken', qr/cannot speak 'https' yet/, 1, 'load', 'https://127.0.0.1:1/');
cannot('a body file that is not there', qr/cannot open '\/no\/such': No such file/, 2, 'load', '-b', '@/no/such', 'http://127.0.0.1/');
cannot('a folder that is not there for JSON', qr/cannot create '\/no\/such\/x\.json/, 1, 'load', '--json', '/no/such/x.json', 'http://127.0.0.1/');

subtest 'a full disk' => sub {
    my ($server, $url) = serve();
    my ($code, $out, $err) = maxq('load', '-n', 100, '--json', '/dev/full', "$url/hello");
    is $code, 1, 'exit status 1';
    like $err, qr/^maxq: cannot write the JSON: No space left on device$/, 'says why';
    like $out, qr/100 completed/, 'the table is still there';
    SKIP: {
        my $dir = "$tmp/small";
        mkdir $dir;
        skip 'cannot mount a small disk here', 3 if system("mount -t tmpfs -o size=8k none $dir 2>/dev/null");
        system "dd if=/dev/zero of=$dir/other bs=1k count=7 2>/dev/null";
        ($code, $out, $err) = maxq('load', '-n', 100, '--json', "$dir/x.json", "$url/hello");
        is $code, 1, 'a disk that fills while it is written';
        like $err, qr/No space left/, 'says why';
        is join(" ", glob "$dir/*"), "$dir/other", 'leaves no half of a file';
        system "umount $dir";
    }
    ($code, $out, $err) = maxq('load', '-n', 100, '--quiet', "$url/hello");
    is $out . $err, '', '--quiet prints nothing';
    system "$maxq load -n 100 $url/hello >/dev/full 2>$tmp/full.err";
    is $? >> 8, 1, 'standard output is full';
    like slurp("$tmp/full.err"), qr/standard output failed/, 'and it says so';
    stop($server);
};

subtest 'interrupted' => sub {
    for my $case (['HUP', 129], ['INT', 130], ['TERM', 143]) {
        my ($signal, $status) = @$case;
        my ($server, $url) = serve();
        my ($pid, $out) = start($maxq, 'load', '-c', 4, '-d', '60s', '--json', '-', "$url/hello");
        wait_until(sub { stats($url)->{requests} > 100 });
        my $began = time;
        kill $signal, $pid;
        my $got = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 20);
        is $got->[0] >> 8, $status, "SIG$signal: exit status $status";
        cmp_ok time - $began, '<', 1 + $slack, 'at once';
        my $json = json_file($out);
        ok !$json->{complete}, 'marked partial';
        my $step = $json->{results}[0]{steps}[0];
        ok counts_add_up($step) && $step->{completed} > 0, 'with what was measured so far';
        stop($server);
    }
    # what is ignored stays ignored: nohup, and jobs in the background of a shell
    for my $case (['HUP', 'TERM', 143], ['INT', 'HUP', 129], ['TERM', 'INT', 130]) {
        my ($ignored, $other, $status) = @$case;
        my ($server, $url) = serve();
        my ($pid) = start('/bin/sh', '-c', "trap '' $ignored; exec \"\$@\"", 'sh', $maxq, 'load', '-c', 4, '-d', '60s', "$url/hello");
        wait_until(sub { stats($url)->{requests} > 100 });
        kill $ignored, $pid;
        my $before = stats($url)->{requests};
        ok wait_until(sub { stats($url)->{requests} > $before + 100 }), "goes on when SIG$ignored is ignored";
        # twice would end it, whatever it does
        kill $ignored, $pid;
        sleep 0.2;
        is waitpid($pid, POSIX::WNOHANG()), 0, 'also at the second one';
        kill $other, $pid;
        my $got = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 20);
        is $got->[0] >> 8, $status, "but SIG$other interrupts it";
        stop($server);
    }
    # while nothing is answered, too
    my ($server, $port) = script_server(sub { sleep 30 });
    my ($pid) = start($maxq, 'load', '-c', 4, '-d', '60s', '--timeout', '50s', "http://127.0.0.1:$port/");
    sleep 0.5;
    my $began = time;
    kill 'INT', $pid;
    my $got = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 20);
    is $got->[0] >> 8, 130, 'while waiting for answers';
    cmp_ok time - $began, '<', 1 + $slack, 'at once';
    stop($server);
};

done_testing;
