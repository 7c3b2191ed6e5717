# SPDX-License-Identifier: GPL-3.0-or-later
# maxq doctor: what is wrong with a machine is found, its commands mend it, and looking changes nothing.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::More;
use POSIX ();
use Time::HiRes qw(time sleep);
use MaxqTest;

my $timeout = under_sanitizer() ? 180 : 60;

sub run_program { return MaxqTest::run_command($timeout, @_) }

# By name: the findings of a result.
sub findings { return map { $_->{name} => $_ } @{$_[0]{findings} // []} }

# Runs a script, in which $maxq is doctor with --json -, that prints one result or several: exit status, findings of each.
sub doctor_in_shell {
    my ($script, @before) = @_;
    my ($code, $out, $err) = run_program(@before, 'sh', '-c', "doctor() { '$maxq' doctor --json - \"\$@\"; }\n$script");
    my $parser = JSON::PP->new;
    $parser->incr_parse($out);
    my @results;
    while (my $json = eval { $parser->incr_parse }) { push @results, {findings($json)} }
    return ($code, $err, @results);
}

# What a shell of root runs: there may be no sudo here.
sub command { return $_[0]{mend} =~ s/\bsudo //gr }

sub doctor {
    my ($code, $json, $err) = maxq_json('doctor', @_);
    return ($code, {findings($json)}, $err, $json);
}

my @machine = qw(open-files file-max somaxconn syn-backlog ports memory cpus smt governor clocksource cpu-limit virtual-machine steal);

subtest 'this machine' => sub {
    my $file = "$tmp/doctor.json";
    my ($code, $out, $err, $took) = maxq('doctor', '--json', $file);
    my $json = json_file($file);
    my %found = findings($json);
    is $err, '', 'nothing on standard error';
    ok $found{$_}, $_ for grep { $_ ne 'clocksource' } @machine, 'other-processes';
    my $problems = grep { $_->{level} eq 'problem' } values %found;
    is $code, $problems ? 4 : 0, 'the exit status says whether it is fit';
    is $json->{command}, 'doctor', 'its name';
    is_deeply $json->{results}, [], 'nothing was measured';
    ok $json->{complete}, 'complete';
    cmp_ok $took, '>=', 1, 'it took its time to look';
    for my $finding (values %found) {
        if ($finding->{level} eq 'ok') {
            ok !defined $finding->{effect}, "$finding->{name} is ok";
            like $out, qr/^ok +\Q$finding->{name}\E  *\S/m, 'in a line';
        } else {
            ok length $finding->{effect}, "$finding->{name}: has an effect";
            ok defined $finding->{mend} || defined $finding->{advice}, 'and something to do';
            like $out, qr/^\Q$finding->{level}\E +\Q$finding->{name}\E /mi, 'in a paragraph';
        }
    }
    cmp_ok length $_, '<=', 80, 'fits 80 columns' for split /\n/, $out;
    like $found{cpus}{found}, qr/^\d/, 'CPUs';
    is $found{somaxconn}{found}, slurp('/proc/sys/net/core/somaxconn') =~ s/\n//r, 'somaxconn is what it is';
    my ($first, $last) = split ' ', slurp('/proc/sys/net/ipv4/ip_local_port_range');
    like $found{ports}{found}, qr/\($first-$last\)/, 'and the ports';
    schema_ok($file);
};

subtest 'the quick part' => sub {
    my ($code, $found) = doctor('--quick');
    ok $found->{$_}, $_ for qw(open-files somaxconn cpu-limit steal);
    ok !$found->{'other-processes'}, 'looks at nothing that takes time';
    ($code, my $out, my $err) = maxq('doctor', '--quick', '--quiet');
    is $out . $err, '', '--quiet prints nothing';
};

subtest 'it changes nothing' => sub {
    my @files = grep { -r } map { glob } '/proc/sys/net/core/*', '/proc/sys/net/ipv4/tcp_*', '/proc/sys/net/ipv4/ip_local_port_range',
        '/proc/sys/fs/file-max', '/proc/sys/fs/nr_open', '/proc/sys/vm/swappiness', '/sys/devices/system/cpu/smt/control',
        '/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor', '/sys/devices/system/clocksource/clocksource0/current_clocksource';
    my $state = sub { return {map { $_ => slurp($_) } @files} };
    my ($server, $url) = serve();
    my $limits = slurp("/proc/$server/limits");
    my $before = $state->();
    maxq('doctor', $url);
    is_deeply $state->(), $before, scalar(@files) . ' settings are as before';
    is slurp("/proc/$server/limits"), $limits, 'and the limits of the server';
    is stats($url)->{connections}, 1, 'which nobody connected to but this question';
    stop($server);
    SKIP: {
        skip 'no strace here', 1 if !have_program('strace') || under_sanitizer();
        run_program('strace', '-f', '-o', "$tmp/trace", '-e', 'trace=open,openat,creat,unlink,rename,kill,prlimit64,sched_setaffinity', $maxq, 'doctor');
        my @writes = grep { /O_WRONLY|O_RDWR|creat|unlink|rename|\bkill\(|sched_setaffinity|prlimit64\(\d+, \w+, \{/ } split /\n/, slurp("$tmp/trace");
        is_deeply \@writes, [], 'nothing is opened for writing';
    }
};

my $can_raise = !$> && have_program('prlimit')
    && system(q{prlimit --nofile=100:100 sh -c 'prlimit --pid $$ --nofile=200:200 2>/dev/null'}) == 0;

subtest 'open files' => sub {
    plan skip_all => 'no prlimit here' if !have_program('prlimit');
    my ($code, $err, $found) = doctor_in_shell('doctor --quick', 'prlimit', '--nofile=100:100');
    is $code, 4, 'too few: not fit';
    is $found->{'open-files'}{level}, 'problem', 'a problem';
    like $found->{'open-files'}{found}, qr/hard limit 100$/, 'how many';
    like $found->{'open-files'}{mend} // $found->{'open-files'}{advice}, qr/nofile=65536:131072/, 'with what to do';
    ($code, $err, $found) = doctor_in_shell('doctor --quick -c 30', 'prlimit', '--nofile=124:124');
    is $found->{'open-files'}{level}, 'ok', 'enough for fewer clients';
    ($code, $err, $found) = doctor_in_shell('doctor --quick -c 100', 'prlimit', '--nofile=64:8192');
    is $found->{'open-files'}{level}, 'note', 'the soft limit can be raised';
    my $raise = command($found->{'open-files'});
    ($code, $err, $found) = doctor_in_shell("ulimit -Sn 64; $raise; doctor --quick -c 100", 'prlimit', '--nofile=64:8192');
    is $found->{'open-files'}{level}, 'ok', "'$raise' mends it";
    SKIP: {
        skip 'the hard limit is not ours to raise', 1 if !$can_raise;
        ($code, $err, my @both) = doctor_in_shell('doctor --quick; ' . command({mend => 'sudo prlimit --pid $$ --nofile=65536:131072'})
            . '; doctor --quick', 'prlimit', '--nofile=100:100');
        is $both[0]{'open-files'}{mend}, 'sudo prlimit --pid $$ --nofile=65536:131072', 'the command for the hard limit';
        is $both[1]{'open-files'}{level}, 'ok', 'mends it';
    }
};

# A network of its own, whose settings are nobody else's.
my $can_unshare = !$> && have_program('unshare') && system('unshare -n true 2>/dev/null') == 0;

subtest 'settings of the network' => sub {
    plan skip_all => 'needs root and a network namespace' if !$can_unshare || !have_program('sysctl');
    my $net = '/proc/sys/net';
    for my $case (
        ['somaxconn',   "echo 16 >$net/core/somaxconn", '', 'warning'],
        ['syn-backlog', "echo 0 >$net/ipv4/tcp_syncookies; echo 64 >$net/ipv4/tcp_max_syn_backlog", '', 'warning'],
        ['ports',       "echo '40000 40099' >$net/ipv4/ip_local_port_range", '', 'problem'],
        ['ports',       "echo 0 >$net/ipv4/tcp_tw_reuse", '--no-keepalive', 'problem'],
        ['ports',       "echo 0 >$net/ipv4/tcp_timestamps", '--no-keepalive', 'problem'],
        ['ports',       "echo '40000 49999' >$net/ipv4/ip_local_port_range", '--no-keepalive', 'problem'],
    ) {
        my ($name, $spoil, $options, $level) = @$case;
        my ($code, $err, $found) = doctor_in_shell("$spoil; doctor --quick $options", 'unshare', '-n');
        is $found->{$name}{level}, $level, "$spoil: $level" or diag $err;
        my $mend = command($found->{$name});
        ($code, $err, $found) = doctor_in_shell("$spoil; $mend >&2; doctor --quick $options", 'unshare', '-n');
        is $found->{$name}{level}, 'ok', "'$mend' mends it" or diag $err, explain $found->{$name};
        if ($options) {
            ($code, $err, $found) = doctor_in_shell("$spoil; doctor --quick $options --close rst", 'unshare', '-n');
            is $found->{$name}{level}, 'ok', 'or --close rst';
        }
    }
};

subtest 'a limit of the control group' => sub {
    my ($own) = slurp('/proc/self/cgroup') =~ /^0::(\S*)$/m;
    my ($v2)  = slurp('/proc/self/mounts') =~ m{^\S+ (\S+) cgroup2 }m;
    my ($v1)  = slurp('/proc/self/mounts') =~ m{^\S+ (\S+) cgroup \S*\bcpu\b(?!acct|set)}m;
    my ($own_v1) = slurp('/proc/self/cgroup') =~ /^\d+:(?:\w+,)*cpu(?:,\w+)*:(\S*)$/m;
    my ($dir, $file, $none);
    for my $try ($v2 && ["$v2$own/maxq-test-$$", 'cpu.max', 'max'], $v1 && ["$v1$own_v1/maxq-test-$$", 'cpu.cfs_quota_us', '-1']) {
        next if $dir || !$try || !mkdir $try->[0];
        ($dir, $file, $none) = @$try;
        next if -w "$dir/$file";
        rmdir $dir;
        $dir = undef;
    }
    plan skip_all => 'control groups with a CPU limit are not ours to make' if !$dir;
    my ($code, $err, $found) = doctor_in_shell("echo 50000 >$dir/$file; echo \$\$ >$dir/cgroup.procs; doctor --quick");
    is $code, 4, 'not fit' or diag $err;
    is $found->{'cpu-limit'}{level}, 'problem', 'found';
    like $found->{'cpu-limit'}{found}, qr/^0\.5 cores, by '.*\Q$file\E'$/, 'with its file';
    my $mend = command($found->{'cpu-limit'});
    ($code, $err, $found) = doctor_in_shell("echo \$\$ >$dir/cgroup.procs; $mend >&2; doctor --quick");
    is $found->{'cpu-limit'}{level}, 'ok', "'$mend' mends it" or diag $err;
    like slurp("$dir/$file"), qr/^\Q$none\E/, 'in the kernel, too';
    # a server in it
    doctor_in_shell("echo 50000 >$dir/$file");
    my ($server, $url) = serve();
    system "echo $server >$dir/cgroup.procs";
    ($code, $found) = doctor('--quick', $url);
    is $found->{'server-cpu-limit'}{level}, 'warning', 'of a server';
    is $found->{'cpu-limit'}{found}, 'none', 'which is not ours';
    stop($server);
    ok wait_until(sub { rmdir $dir }, 5), 'the group is removed';
};

subtest 'a busy process' => sub {
    # it ends by itself, whatever becomes of this test
    my ($pid) = start($^X, '-e', 'alarm 60; 1 while 1');
    my $found;
    # others may be busier on a machine that is not ours alone
    for (1 .. 5) {
        (undef, $found) = doctor();
        last if $found->{'other-processes'}{found} =~ /\($pid\)/;
    }
    like $found->{'other-processes'}{found}, qr/ busy: .*\S+ \($pid\) \d\.\d\d/, 'is named';
    like $found->{'other-processes'}{level}, qr/^problem$/, 'and in the way';
    is $found->{'other-processes'}{mend}, undef, 'no command: who knows whose it is';
    like $found->{'other-processes'}{advice}, qr/^end them/, 'but advice';
    stop($pid, 'KILL');

    # the server that is asked about is expected to be busy
    my ($server, $url) = serve('--burn', '5ms');
    my ($load) = start($maxq, 'load', '-c', 4, '-d', '20s', '-q', "$url/hello");
    sleep 0.5;
    (undef, $found) = doctor($url);
    unlike $found->{'other-processes'}{found}, qr/\($server\)/, 'the target itself is none of the others';
    stop($load);
    stop($server);
};

subtest 'interrupted' => sub {
    my ($pid, $out) = start($maxq, 'doctor');
    sleep 0.3;
    kill 'INT', $pid;
    my $status = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 20);
    is $status->[0] >> 8, 130, 'exit status 130';
};

subtest 'the backlog of a server' => sub {
    my ($server, $url) = serve('--backlog', 1);
    my ($code, $found) = doctor('--quick', '-c', 32, $url);
    like $found->{server}{found}, qr/^127\.0\.0\.1:\d+: maxq, 1 process$/, 'the server is found';
    is $found->{'server-backlog'}{level}, 'warning', 'its queue is too short';
    is $found->{'server-backlog'}{found}, '1, 0 waiting now, 1 listening socket', 'how long it is';
    like $found->{'server-backlog'}{advice}, qr/give maxq '--backlog \d+' and start it again/, 'how to make it longer';
    stop($server);
    # two connections that nobody accepts
    my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "listen: $!";
    my @waiting = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $listener->sockport) } 1 .. 2;
    (undef, $found) = doctor('--quick', '-c', 32, 'http://127.0.0.1:' . $listener->sockport . '/');
    like $found->{'server-backlog'}{found}, qr/^5, 2 waiting now/, 'and how many wait in it';
    like $found->{'server-backlog'}{advice}, qr/backlog of \d+ for listen\(2\)/, 'of a server that we do not know';
    close $_ for @waiting, $listener;

    my $path = "$tmp/doctor.sock";
    ($server, $url) = serve('--backlog', 3, '--listen', "unix:$path");
    ($code, $found) = doctor('--quick', '-c', 32, '--no-keepalive', "http://unix:$path:/");
    is $code, 4, 'a unix socket';
    is $found->{'server-backlog'}{level}, 'problem', 'that would refuse clients';
    like $found->{'server-backlog'}{found}, qr/^3, 0 waiting now/, 'how long its queue is';
    ok !$found->{ports}, 'it needs no ports';
    (undef, $found) = doctor('--quick', '-c', 3, '--no-keepalive', "http://unix:$path:/");
    is $found->{'server-backlog'}{level}, 'ok', 'enough for few clients';
    stop($server);
};

subtest 'the limits of a server' => sub {
    plan skip_all => 'needs root, prlimit and taskset' if $> || !have_program('prlimit') || !have_program('taskset');
    my ($server, $url) = serve();
    my ($code, $found) = doctor('--quick', $url, '-c', 200);
    is $found->{'server-files'}{level}, 'ok', 'enough files';
    system "prlimit --pid $server --nofile=64:64";
    ($code, $found) = doctor('--quick', $url, '-c', 200);
    is $found->{'server-files'}{level}, 'problem', 'too few';
    is $code, 4, 'not fit';
    like $found->{'server-files'}{mend} // $found->{'server-files'}{advice}, qr/nofile=\d+:\d+/, 'with what to do';
    SKIP: {
        skip 'the hard limit is not ours to raise', 1 if !$can_raise;
        my $mend = command($found->{'server-files'});
        system $mend;
        (undef, $found) = doctor('--quick', $url, '-c', 200);
        is $found->{'server-files'}{level}, 'ok', "'$mend' mends it";
    }
    SKIP: {
        my @cpus = slurp('/proc/self/status') =~ /^Cpus_allowed_list:\s*(\S+)$/m;
        skip 'one CPU', 2 if $cpus[0] =~ /^\d+$/;
        is $found->{'server-cpus'}{level}, 'note', 'it may run everywhere';
        my $mend = command($found->{'server-cpus'});
        system "$mend >/dev/null";
        (undef, $found) = doctor('--quick', $url, '-c', 200);
        is $found->{'server-cpus'}{level}, 'ok', "'$mend' mends it";
    }
    stop($server);
};

subtest 'targets that cannot be looked at' => sub {
    my $port = free_port();
    my ($code, $found) = doctor('--quick', "http://127.0.0.1:$port/");
    is $code, 4, 'nobody listens';
    is $found->{server}{level}, 'problem', 'a problem';
    is $found->{server}{effect}, 'nobody listens there', 'which it says';
    ($code, $found) = doctor('--quick', 'http://192.0.2.1/');
    is $found->{server}{level}, 'note', 'another machine';
    ok !$found->{'server-backlog'}, 'of which nothing is known';
    ($code, my $out, my $err) = maxq('doctor', 'http://no-such-host.invalid/');
    is $code, 1, 'no such host';
    like $err, qr/^maxq: [^\n]+\n$/, 'in a line';
};

subtest 'sweep and bench look first' => sub {
    plan skip_all => 'no prlimit here' if !have_program('prlimit');
    my ($server, $url) = serve('--backlog', 1);
    my @limited = ('prlimit', '--nofile=100:100', $maxq);
    my @sweep = ('sweep', '-c', '1,2000', '-d', '100ms', '--json', "$tmp/sweep.json", "$url/hello");
    my ($code, $out, $err) = run_program(@limited, @sweep);
    like $err, qr/^warning: open-files: soft limit 100, hard limit 100: 2000 clients cannot connect: .*; .*nofile=\d+:\d+$/m,
        'sweep warns of open files';
    like $err, qr/^warning: server-backlog: 1, /m, 'and of the backlog of its target';
    unlike $out, qr/warning/, 'on standard error';
    unlike $err, qr/^warning: (virtual-machine|steal)/m, 'but not of what is only worth knowing';
    my %found = findings(json_file("$tmp/sweep.json"));
    is $found{'open-files'}{level}, 'problem', 'and stores it';
    (undef, $out, $err) = run_program(@limited, @sweep, '--quiet');
    unlike $err, qr/warning/, 'not with --quiet';
    stop($server);
    # what it launches has not run yet
    ($code, $out, $err) = run_program(@limited, 'bench', '-c', '1,90', '-d', '100ms', '--json', "$tmp/bench.json", 'skeleton-c');
    like $err, qr/^warning: open-files: /m, 'bench warns, too';
    %found = findings(json_file("$tmp/bench.json"));
    is $found{'open-files'}{level}, 'problem', 'and stores it';
    ok !$found{server}, 'without a server';
    schema_ok("$tmp/bench.json");
};

done_testing;
