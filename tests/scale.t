# SPDX-License-Identifier: GPL-3.0-or-later
# Many clients on one thread, and what happens where files do not suffice for them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

my ($hard) = `sh -c 'ulimit -Hn'` =~ /(\d+)/;
$hard //= 1 << 20;    # unlimited

subtest '10,000 clients on one thread' => sub {
    plan skip_all => "the hard limit of open files is only $hard" if $hard < 10200;
    plan skip_all => 'runs once, without sanitizers' if under_sanitizer();
    my ($server, $url) = serve('--listen', '127.0.0.1:0', '--listen', "unix:$tmp/many.sock");
    for my $target ($url, "http://unix:$tmp/many.sock:") {
        # from a low soft limit, which maxq raises by itself
        my $file = "$tmp/many.json";
        system "ulimit -Sn 256; exec $maxq load -c 10000 -n 50000 --quiet --json $file $target/hello";
        my $step = json_file($file)->{results}[0]{steps}[0];
        is $step->{clients},     10000, 'clients';
        is $step->{connections}, 10000, 'connections';
        is $step->{completed},   50000, 'requests';
        is errors_of($step), 0, 'no errors' or diag explain $step->{error_examples};
        my ($missing) = grep { $_->{name} eq 'clients_missing' } @{$step->{checks}};
        ok $missing->{ok}, 'all were connected when the load began';
    }
    stop($server);
};

# As many as the limit of open files lets this machine have, up to 100,000: of both ends in one process each.
subtest 'as many clients as can be' => sub {
    plan skip_all => "the hard limit of open files is only $hard" if $hard < 10200;
    plan skip_all => 'runs once, without sanitizers' if under_sanitizer();
    my $many = $hard - 200 < 100_000 ? $hard - 200 : 100_000;
    my ($server, $url) = serve('--listen', '127.0.0.1:0', '--listen', "unix:$tmp/many.sock");
    my $sources = join ',', map { "127.0.0.$_" } 2 .. 6;
    for my $io (qw(epoll poll io_uring)) {
        for my $to (["http://unix:$tmp/many.sock:/hello"], ['--source', $sources, "$url/hello"]) {
            my $what = "$io, " . (@$to > 1 ? 'tcp from five addresses' : 'unix');
            my %memory;
            for my $clients (100, $many) {
                my $file = "$tmp/scale.json";
                my ($pid) = start($maxq, 'load', '--io', $io, '-c', $clients, '-n', 2 * $clients, '--timeout', '60s', '--quiet',
                    '--json', $file, @$to);
                # the most that it ever had
                wait_until(sub {
                    my ($kib) = slurp("/proc/$pid/status") =~ /^VmHWM:\s+(\d+)/m;
                    $memory{$clients} = $kib if $kib;
                    return waitpid($pid, 1) > 0;
                }, 120) or diag 'not ended';
                delete $MaxqTest::running{$pid};
                my $step = json_file($file)->{results}[0]{steps}[0];
                is $step->{completed}, 2 * $clients, "$what: $clients clients are answered";
                is $step->{connections}, $clients, 'all at once' or diag explain $step->{error_examples};
                unlink $file;
            }
            my $each = ($memory{$many} - $memory{100}) * 1024 / ($many - 100);
            cmp_ok $each, '<', 1024, sprintf '%.0f bytes of memory a connection', $each;
        }
    }
    stop($server);
};

subtest 'too few ports' => sub {
    my ($first, $last) = slurp('/proc/sys/net/ipv4/ip_local_port_range') =~ /(\d+)\s+(\d+)/;
    my $ports = $last - $first + 1;
    my ($server, $url) = serve();
    my ($code, $out, $err) = maxq('load', '-c', $ports + 1, '-d', '1s', "$url/hello");
    is $code, 1, 'exit status 1';
    like $err, qr/^maxq: cannot open \d+ connections to '\S+': there are $ports local ports an address, and 1 address: give 2 of them by --source, such as --source 127.0.0.1,127.0.0.2$/m,
        'says what to do';
    ($code, $out, $err) = maxq('load', '--source', '192.0.2.1', "$url/hello");
    is $code, 1, 'not an address of this machine';
    like $err, qr/^maxq: cannot connect from '192.0.2.1': .*: is it an address of this machine\?$/m, 'is said';
    ($code, $out, $err) = maxq('load', '--source', '::1', "$url/hello");
    like $err, qr/^maxq: cannot reach '\S+' from '::1': it is another kind of address$/m, 'nor can IPv4 be reached from IPv6';
    ($code, $out, $err) = maxq('load', '--source', 'localhost', "$url/hello");
    is $code, 2, 'names are not addresses';
    stop($server);
};

subtest 'too few files' => sub {
    my ($server, $url) = serve();
    my $out = `sh -c 'ulimit -n 300; exec $maxq load -c 1000 -d 1s $url/hello' 2>&1`;
    is $? >> 8, 1, 'exit status 1';
    like $out, qr/^maxq: cannot open 1000 connections: the limit of open files is 300: raise it \(as root: ulimit -n 1066\) or use fewer clients$/m,
        'says what to do';
    stop($server);
};

subtest 'a server that runs out of files' => sub {
    my $log = "$tmp/few.out";
    my ($server) = start('sh', '-c', "ulimit -n 60; exec $maxq serve --listen 127.0.0.1:0 >$log");
    my $url = wait_until(sub { slurp($log) =~ m{(http://\S+)/hello} ? $1 : undef });
    my ($code, $json) = maxq_json('load', '-c', 200, '-d', '1s', '--timeout', '300ms', "$url/hello");
    my $step = $json->{results}[0]{steps}[0];
    is $code, 4, 'not valid';
    ok counts_add_up($step), 'counts add up';
    ok $step->{completed} > 100, 'those that got through are served';
    ok $step->{errors}{timeout} > 0, 'the others wait in vain';
    stop($server);
};

done_testing;
