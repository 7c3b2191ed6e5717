# SPDX-License-Identifier: GPL-3.0-or-later
# Profiles: where the CPU time of a request goes, held against strace, against a server whose work is known, and against
# what the same server costs when nobody watches.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);
use IO::Socket::INET;
use MaxqTest;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();
$ENV{LC_ALL} = 'C';

sub refused {
    my ($what, $args, $message, $status, @before) = @_;
    my ($code, $out, $err) = @before ? MaxqTest::run_command(60, @before, $maxq, @$args, "--no-store") : maxq(@$args);
    is $code, $status, $what;
    like $err, qr/\Amaxq: $message\n\z/, 'one clear line' or diag $err;
    is $out, '', 'and nothing else';
}

my ($server, $url) = serve();

# What is wrong with the command line or the file is said before anything else; that needs no rights.
refused('no operand', ['profile'], qr/profile takes a target, or stacks: see 'maxq profile --help'/, 2);
refused('two targets', ['profile', "$url/hello", "$url/hello"], qr/profile takes one target, or stacks/, 2);
refused('requests of a plateau', ['profile', '-n', 10, "$url/hello"], qr/-n needs a number of clients: add -c N/, 2);
refused('phases of nothing', ['bench', '--phases', 'x.yaml', 'nginx'], qr/--phases needs --profile/, 2);

sub phases_file {
    my ($text) = @_;
    open my $f, '>', "$tmp/phases.yaml" or die $!;
    print $f $text;
    close $f;
    return "$tmp/phases.yaml";
}
for my $case (
    ["rest: a\nphases:\n- {name: a}\n- {name: a}\n", qr/phase 'a' is there twice/],
    ["rest: b\nphases:\n- {name: a}\n", qr/there is no phase 'b' for the rest/],
    ["rest: a\nphases:\n- {name: a, user: c}\n", qr/phase 'a': there is no phase 'c' for its user time/],
    ["rest: A\nphases:\n- {name: A}\n", qr/bad name of a phase 'A': it has 1 to 15 small letters, digits and hyphens/],
    ["rest: a\nphases:\n- {name: a, syscalls: [read], on_sockets: [read]}\n", qr/'read' is named twice/],
    ["rest: a\nphases:\n" . join('', map { "- {name: a$_}\n" } 1 .. 17), qr/too many phases: at most 16/],
    ["rest: a\nphases:\n- {name: a, calls: [read]}\n", qr/line 3: unknown key 'calls'/],
) {
    my $file = phases_file($case->[0]);
    refused("phases: $case->[1]", ['profile', '--phases', $file, "$url/hello"], qr/\Q$file\E(?:: | )$case->[1]/, 1);
}
refused('no such file', ['profile', '--phases', "$tmp/none.yaml", "$url/hello"], qr/.*none\.yaml.*/, 1);

# As nobody; the program itself may be where nobody can go.
SKIP: {
    skip 'only root can become nobody', 3 if $> || !have_program('setpriv');
    my @nobody = qw(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all);
    skip 'nobody cannot run maxq here', 3 if system "@nobody $maxq --version >/dev/null 2>&1";
    skip 'nobody cannot read the catalog here', 3 if system "@nobody cat $root/catalog/phases.yaml >/dev/null 2>&1";
    refused('as nobody', ['profile', '--no-store', "$url/hello"], qr/cannot watch system calls: .*: run maxq as root, or with CAP_BPF and CAP_PERFMON/, 1,
        @nobody);
}

# A maxq that was built without BPF has all the rest. Nothing is built here but the one file that takes its place.
subtest 'without BPF' => sub {
    plan skip_all => 'no meson' if !have_program('meson') || !have_program('ninja');
    my $build = "$tmp/without";
    is system("meson setup $build $root -Dbpf=disabled >$tmp/setup.out 2>&1"), 0, 'it is set up' or diag slurp("$tmp/setup.out");
    like slurp("$tmp/setup.out"), qr/WARNING: no BPF: maxq profile cannot watch system calls \(it needs clang, bpftool, libbpf-dev and libseccomp-dev\)\n/,
        'and says what is missing';
    unlike slurp("$build/build.ninja"), qr/-lbpf|syscalls\.bpf/, 'there is no BPF in it';
    is system("ninja -C $build src/libmaxq.a.p/observe_syscalls_none.c.o >$tmp/setup.out 2>&1"), 0, 'what takes its place compiles'
        or diag slurp("$tmp/setup.out");
};

# Whether it can be tried here at all: as the program itself says it.
my ($code, $json, $err) = maxq_json('profile', '-n', 10, '-c', 1, '--rounds', 1, "$url/hello");
if ($code == 1) {
    like $err, qr/\Amaxq: cannot watch system calls: [^\n]+\n\z/, 'it says why it cannot';
    note "the rest is skipped: $err";
    done_testing;
    exit;
}

refused('a call that is not there', ['profile', '--phases', phases_file("rest: a\nphases:\n- {name: a, syscalls: [reed]}\n"), "$url/hello"],
    qr/phase 'a': there is no system call 'reed'/, 1);

# How often each call was made, in all processes.
sub traced_calls {
    my ($json) = @_;
    my %calls;
    for my $process (@{$json->{results}[0]{phases}{processes}}) {
        $calls{$_->{call}} += $_->{calls} for @{$process->{calls}};
    }
    return \%calls;
}

sub strace_calls {
    my ($pid, $work) = @_;
    my ($strace) = start('strace', '-c', '-f', '-p', $pid, '-o', "$tmp/strace.out");
    wait_until(sub { !grep { !/^TracerPid:\t[1-9]/m } map { slurp($_) } glob "/proc/$pid/task/*/status" }) or die 'strace does not attach';
    $work->();
    sleep 0.2;
    stop($strace, 'INT');
    my %calls;
    for (split /\n/, slurp("$tmp/strace.out")) {
        $calls{$2} = $1 if /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/;
    }
    return \%calls;
}

sub ask {
    my ($port, $connections, $requests) = @_;
    my @peers = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") // die $! } 1 .. $connections;
    for (1 .. $requests) {
        for my $peer (@peers) {
            syswrite $peer, "GET /hello HTTP/1.1\r\nHost: x\r\n" . ($connections == 1 ? "Connection: close\r\n" : '') . "\r\n";
            my $answer = '';
            while ($answer !~ /\r\n\r\n./s) { sysread($peer, $answer, 4096, length $answer) or last }
        }
    }
    close $_ for @peers;
}

SKIP: {
    skip 'no strace', 1 if !have_program('strace');
    subtest 'counts are those of strace' => sub {
        my ($port) = $url =~ /:(\d+)/;
        my $n = 100;
        my $counted = strace_calls($server, sub { ask($port, 1, 1) for 1 .. $n });
        my (undef, $json) = maxq_json('profile', '-n', $n, '-c', 1, '--rounds', 1, '--no-keepalive', "$url/hello");
        my $traced = traced_calls($json);
        is $json->{results}[0]{phases}{requests}, $n, 'so many requests';
        for my $call (qw(accept4 recvfrom sendto close epoll_ctl)) {
            cmp_ok $counted->{$call} // 0, '>=', $n, "strace counts $call";
            is $traced->{$call}, $counted->{$call}, "and BPF the same";
        }
        $counted = strace_calls($server, sub { ask($port, 4, $n / 4) });
        (undef, $json) = maxq_json('profile', '-n', $n, '-c', 4, '--rounds', 1, "$url/hello");
        $traced = traced_calls($json);
        is $traced->{$_}, $counted->{$_}, "$_ with keep-alive" for qw(recvfrom sendto close);
        is $traced->{sendto}, $n, 'one answer a request';
        is $traced->{close}, 4, 'each connection is closed once, also after the load';
    };
}

sub component { my ($json, $name) = @_; return (grep { $_->{component} eq $name } @{$json->{results}[0]{phases}{components}})[0] }
sub phase { my ($component, $name) = @_; return (grep { $_->{phase} eq $name } @{$component->{phases}})[0] }

sub near {
    my ($got, $want, $bound, $what) = @_;
    cmp_ok abs($got - $want), '<=', $bound * abs($want) + 1e-3, $what or diag "$got, not $want";
}

# What must hold of every component, whatever the machine does.
sub consistent {
    my ($component) = @_;
    my %sum;
    for my $phase (@{$component->{phases}}) {
        $sum{$_} += $phase->{$_} for grep { /_per_request$/ } keys %$phase;
        cmp_ok $phase->{softirq_us_per_request}, '<=', $phase->{system_us_per_request} + 1e-6, "$phase->{phase}: softirqs are system time";
    }
    near($sum{$_}, $component->{$_}, 1e-6, "$_ of all phases") for keys %sum;
    near($sum{user_us_per_request} + $sum{system_us_per_request} + $component->{residue_us_per_request}, $component->{traced_us_per_request},
        1e-6, 'all and the residue are what the clock says');
    near($sum{scaled_us_per_request}, $component->{untraced_us_per_request}, 1e-6, 'scaled they are what it costs without tracing');
    cmp_ok abs($component->{residue_us_per_request}), '<', 0.25 * $component->{traced_us_per_request}, 'the residue is small';
}

subtest 'a server whose work is known' => sub {
    my ($burner, $burns) = serve('--burn', '300us');
    my ($code, $json) = maxq_json('profile', '-c', 4, '-d', '400ms', '--rounds', 2, "$burns/hello");
    my $c = component($json, 'maxq');
    consistent($c);
    cmp_ok phase($c, 'compute')->{user_us_per_request}, '>=', 290, 'what it burns is computing, by the program itself';
    cmp_ok phase($c, 'compute')->{user_us_per_request}, '<', 390, 'and not much more than that';
    cmp_ok phase($c, 'open')->{calls_per_request}, '<', 0.1, 'with keep-alive nothing is opened';
    is $c->{split}, 'traced', 'the split is exact';
    my ($process) = grep { $_->{comm} eq 'maxq' } @{$json->{results}[0]{steps}[-1]{cpu}{processes}};
    is $process->{split}, 'traced', 'also in the cost of the process';
    cmp_ok $process->{user_us_per_request}, '>', 5 * $process->{system_us_per_request}, 'which is nearly all user time';
    stop($burner);
};

subtest 'waiting' => sub {
    my ($sleeper, $sleeps) = serve('--delay', '20ms');
    my (undef, $json) = maxq_json('profile', '-c', 1, '-d', '400ms', '--rounds', 1, "$sleeps/hello");
    # it waits for the time to answer, and has a finer call for that
    my ($wait) = grep { $_->{call} eq 'epoll_pwait2' } map { @{$_->{calls}} } @{$json->{results}[0]{phases}{processes}};
    cmp_ok $wait->{waiting}, '>', 0.4, 'a server that waits most of the time does so in that call';
    cmp_ok $wait->{system_us_per_request}, '<', 2000, 'and that is no cost';
    is $wait->{phase}, 'wait', 'but a phase';
    cmp_ok component($json, 'maxq')->{voluntary_switches_per_request}, '>=', 0.9, 'it leaves the CPU for each request';
    stop($sleeper);
};

subtest 'phases are the user\'s to name' => sub {
    my $file = phases_file("rest: other\nphases:\n- {name: talk, syscalls: [recvfrom], on_sockets: [sendto], user: other}\n- {name: other}\n");
    my (undef, $json) = maxq_json('profile', '-n', 50, '-c', 1, '--rounds', 1, '--phases', $file, "$url/hello");
    my $c = component($json, 'maxq');
    is_deeply [map { $_->{phase} } @{$c->{phases}}], [qw(talk other)], 'these and no others';
    near(phase($c, 'talk')->{calls_per_request}, 2, 0.05, 'a call each way');
    is phase($c, 'talk')->{user_us_per_request}, 0, 'what follows is not theirs';
};

SKIP: {
    skip 'nginx is not installed', 1 if !have_program('nginx');
    subtest 'nginx, a connection a request' => sub {
        my $file = "$tmp/profile.json";
        my ($code, $out, $err) = maxq('profile', '-c', 8, '-d', '500ms', '--rounds', 3, '--no-keepalive', '--json', $file, 'nginx');
        cmp_ok $code, '==', $code == 4 ? 4 : 0, 'it is measured' or diag $err;
        schema_ok($file);
        my $c = component(json_file($file), 'nginx');
        consistent($c);
        near(phase($c, $_)->{calls_per_request}, 1, 0.02, "one call to $_") for qw(open read write close);
        cmp_ok phase($c, $_)->{system_us_per_request}, '>', 0.5, "which costs: $_" for qw(open read write close);
        cmp_ok phase($c, 'compute')->{user_us_per_request}, '>', 0.5, 'parsing and matching';
        near(($c->{user_us_per_request} + $c->{system_us_per_request}) / $c->{slowdown}, $c->{untraced_us_per_request}, 0.25,
            'but for the slowdown it is what it costs without tracing');
        like $out, qr/^Phases of nginx: CPU us a request, 8 clients, a connection a request$/m, 'the table';
        like $out, qr/^  $_ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$/m, $_ for qw(open read compute write close wait);
        like $out, qr/^  calls +accept4 1\.00, recvfrom 1\.00, writev 1\.00, close 1\.00/m, 'its calls';
        cmp_ok length $_, '<=', 80, 'fits' for grep { !/^(?:maxq profile|  (?:cost|generator|within|maximum|rounds)) / } split /\n/, $out;
    };

    subtest 'bench --profile' => sub {
        my ($code, $json) = maxq_json('bench', '--profile', '-c', '4', '-d', '200ms', '--rounds', 2, '--store', "$tmp/bench.db", 'nginx', 'skeleton-c');
        is scalar @{$_->{rounds_rps}}, 2, 'what was measured one row after the other is no round' for @{$json->{results}};
        is scalar(grep { $_->{phases} } @{$json->{results}}), 2, 'each row has its phases';
        is scalar(@{$json->{ranking}}), 2, 'and its rank';
        consistent(component($json, 'nginx'));
        is `sqlite3 -readonly $tmp/bench.db "select tracer, count(*), count(step) from loads where round > 0 group by tracer"`,
            "|4|4\nnone|6|0\nphases|6|0\n", 'and what the profile sets beside is in no step of the history';
    };
}

stop($server);
is_deeply [leftovers()], [], 'nothing is left';
done_testing;
