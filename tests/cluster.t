# SPDX-License-Identifier: GPL-3.0-or-later
# Several machines, made of namespaces: one load, divided and merged exactly; the server's own count; and every failure, clear and
# soon, with nothing left running anywhere.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use JSON::PP;
use Test::More;
use Time::HiRes qw(time sleep);
use Hosts;
use MaxqTest;

my $mpi = $maxq . '-mpi';
plan skip_all => "no Open MPI: maxq-mpi was not built" if !-x $mpi;
plan skip_all => 'no mpirun' if !have_program('mpirun');
plan skip_all => 'not root' if $>;
my $hosts = eval { Hosts->new(qw(here gen1 gen2 web1)) };
plan skip_all => "no namespaces: $@" if !$hosts;

# A folder of our own for both programs, which can be hidden from one of the machines.
my $bin = "$tmp/bin";
mkdir $bin;
for ($maxq, $mpi) { copy($_, "$bin/" . s{.*/}{}r) or die "$!"; }
chmod 0755, glob "$bin/*";
# mpirun's folders, too, go with the test
mkdir "$tmp/session";
$ENV{OMPI_MCA_orte_tmpdir_base} = "$tmp/session";
my @by_shell = ('env', "OMPI_MCA_plm_rsh_agent=$hosts->{shell}");
my @generators = ('--generators', 'gen1,gen2');
my @both = (@generators, '--server', 'web1');

sub here { return MaxqTest::run_command(60, $hosts->near('here', @by_shell, "$bin/maxq", @_)) }

sub here_json {
    my ($code, $out, $err, $took) = here(@_, '--json', '-');
    return ($code, eval { JSON::PP->new->decode($out) }, $err, $took);
}

# Nothing of it may run anywhere: the coordinator is among our own processes.
sub nothing_left {
    my $left = sub {
        return 0 if grep { @{[$hosts->pids($_, 'maxq-mpi')]} || @{[$hosts->pids($_, 'orted')]} } qw(gen1 gen2 web1);
        return !grep { slurp("$_/comm") =~ /^(?:maxq-mpi|mpirun)$/ && slurp("$_/environ") =~ /\Q$tmp\E/ } glob '/proc/[0-9]*';
    };
    ok wait_until($left, 5), $_[0] // 'nothing is left anywhere';
}

sub start_server {
    my ($pid, $out) = start($hosts->on('web1', "$bin/maxq", 'serve', '--listen', "$hosts->{address}{web1}:8080"));
    wait_until(sub { slurp($out) =~ /listening/ }) or die slurp("$out.err");
    return "http://$hosts->{address}{web1}:8080/hello";
}

my $url = start_server();

sub served {
    my (undef, $out) = MaxqTest::run_command(10, $hosts->near('here', $^X, '-MIO::Socket::INET', '-e',
        'my $s = IO::Socket::INET->new(PeerAddr => $ARGV[0], Timeout => 5) or die; print $s "GET /stats HTTP/1.1\r\nHost: x\r\n'
        . 'Connection: close\r\n\r\n"; local $/; print <$s>', "$hosts->{address}{web1}:8080"));
    return $out =~ /"requests": (\d+)/ ? $1 : -1;
}

sub sum { my $sum = 0; $sum += $_ for @_; return $sum }

subtest 'so many requests, divided' => sub {
    my $before = served();
    # a body is in a file of the coordinator's alone
    mkdir "$tmp/own";
    open my $f, '>', "$tmp/own/body" or die "$!";
    print $f 'x' x 500;
    close $f;
    MaxqTest::run_command(5, $hosts->on($_, qw(mount -t tmpfs none), "$tmp/own")) for qw(gen1 gen2 web1);
    my ($code, $json, $err) = here_json('load', @both, '-c', 5, '-n', 3001, '-m', 'POST', '-b', "\@$tmp/own/body", $url);
    like $code, qr/^[04]$/, 'measured' or diag $err;
    my $step = $json->{results}[0]{steps}[0];
    is $step->{completed}, 3001, 'so many in all, not each';
    is served() - $before, 3001, 'and the server has counted as many';
    ok counts_add_up($step), 'the identity holds';
    cmp_ok $step->{bytes_out}, '>', 3001 * 500, 'each with the body that only the coordinator has';
    my @ranks = @{$step->{ranks}};
    is_deeply [map { "$_->{host} $_->{role} $_->{clients}" } @ranks], ['gen1 generator 3', 'gen2 generator 2', 'web1 observer 0'],
        'roles by rank, clients divided';
    is_deeply [map { $_->{completed} } @ranks], [1501, 1500, 0], 'requests divided';
    is $json->{settings}{generators}, 'gen1,gen2', 'the settings name them';
};

subtest 'for a time' => sub {
    my $before = served();
    my $file = "$tmp/time.json";
    my ($code, $out, $err) = here('load', @both, '-c', 4, '-d', '1s', $url, '--json', $file);
    like $code, qr/^[04]$/, 'measured' or diag $err;
    my $json = json_file($file);
    my $step = $json->{results}[0]{steps}[0];
    is served() - $before, $step->{completed} + $step->{in_flight}, "as many as the server has counted: $step->{completed}";
    is sum(map { $_->{completed} } @{$step->{ranks}}), $step->{completed}, 'the ranks add up to it';
    ok counts_add_up($step), 'the identity holds';
    ok $step->{duration_s} > 0.99 && $step->{duration_s} < 1.26, 'a second was measured, or a quarter more as it was steady at once';
    my @server = grep { $_->{busy} > 0 } @{$step->{cpu}{processes}};
    is $server[0]{comm}, 'maxq', 'the cost is of the process on the server\'s machine';
    cmp_ok $server[0]{user_us_per_request} + $server[0]{system_us_per_request}, '>', 0, 'and is known';
    is $step->{queue}{component}, 'maxq', 'so is its queue';
    my ($low, $high) = sort { $a <=> $b } map { $_->{p99_us} } grep { $_->{role} eq 'generator' } @{$step->{ranks}};
    ok $low <= $step->{latency_us}{p99} * 1.001 && $step->{latency_us}{p99} <= $high * 1.001, 'the merged p99 lies between theirs';
    ok((grep { $_->{name} eq 'start_skew' } @{$step->{checks}}), 'how far apart they began is checked');
    for my $rank (@{$step->{ranks}}) {
        cmp_ok abs($rank->{clock_skew_us}), '<=', $rank->{clock_error_us} + 1000, "one clock in truth: $rank->{host}";
    }
    like $out, qr/^  ranks +1 on gen1: 2 clients/m, 'each is shown';
    schema_ok($file);
};

subtest 'a rate, divided' => sub {
    my $before = served();
    my ($code, $json, $err) = here_json('load', @both, '-c', 20, '-R', 2000, '-n', 1000, $url);
    like $code, qr/^[04]$/, 'measured' or diag $err;
    my $step = $json->{results}[0]{steps}[0];
    is served() - $before, 1000, 'so many in all';
    is_deeply [map { $_->{completed} } @{$step->{ranks}}], [500, 500, 0], 'each its half';
    cmp_ok $step->{throughput_rps}, '<', 3000, 'at the rate that was asked for, not at twice that';
};

subtest 'a sweep' => sub {
    my ($code, $json, $err) = here_json('sweep', @both, '-c', '1,4', '-d', '100ms', '--warmup', '100ms', $url);
    like $code, qr/^[04]$/, 'measured' or diag $err;
    my $result = $json->{results}[0];
    is_deeply [map { $_->{clients} } @{$result->{steps}}[0, 1]], [1, 4], 'all steps';
    is_deeply [map { $_->{clients} } @{$result->{steps}[0]{ranks}}], [1, 0], 'who has no client takes no part';
    cmp_ok $result->{maximum}{throughput_rps}, '>', 0, 'a maximum';
    ok $json->{complete}, 'complete';
};

# CPU time so far, ns, of all threads.
sub cpu_ns { return sum(map { (split ' ', slurp($_))[0] // 0 } glob "/proc/$_[0]/task/*/schedstat") }

subtest 'who waits does not spin, and an interrupt ends it' => sub {
    # one client: gen2 waits for the end of a step in which it has no part, and so does the coordinator
    my $file = "$tmp/interrupted.json";
    my ($launcher) = start($hosts->near('here', @by_shell, "$bin/maxq", 'load', @both, '-c', 1, '-d', '30s', $url, '--json', $file));
    my %wait;
    for my $name (qw(here gen2)) {
        $wait{$name} = wait_until(sub {
            my @all = map { m{(\d+)$} } grep { slurp("$_/comm") eq "maxq-mpi\n" } glob '/proc/[0-9]*';
            my ($inode) = map { (stat "/proc/$_/ns/net")[1] } $hosts->{pid}{$name};
            return (grep { ((stat "/proc/$_/ns/net")[1] // 0) == $inode } @all)[0];
        }, 10);
        ok $wait{$name}, "runs on $name";
    }
    sleep 1.2;
    my %before = map { $_ => cpu_ns($wait{$_}) } keys %wait;
    my $began = time;
    sleep 2;
    for my $name (sort keys %wait) {
        my $share = (cpu_ns($wait{$name}) - $before{$name}) / 1e9 / (time - $began);
        cmp_ok $share, '<', 0.01, sprintf('%s took %.2f %% of a core', $name, 100 * $share);
        cmp_ok $share, '>', 0, 'and was there';
    }
    my $status = stop($launcher, 'INT');
    is $status >> 8, 130, 'interrupted, by its exit status';
    my $json = json_file($file);
    ok !$json->{complete}, 'not complete';
    cmp_ok $json->{results}[0]{steps}[0]{completed}, '>', 0, 'what all machines had measured until then';
    like join("\n", @{$json->{results}[0]{why_not_valid}}), qr/interrupted/, 'and why it is not valid';
    nothing_left();
};

subtest 'a rank is killed' => sub {
    my $file = "$tmp/killed.json";
    my ($pid, $out) = start($hosts->near('here', @by_shell, "$bin/maxq", 'sweep', @both, '-c', '1,2', '-d', '1s', '--warmup', '100ms', $url,
        '--json', $file));
    ok wait_until(sub { slurp($out) =~ /^ +1 +\d/m }, 15), 'one step is measured';
    sleep 0.5; # amid the next one
    my $began = time;
    $hosts->kill_on('gen2', $hosts->pids('gen2', 'maxq-mpi'));
    ok wait_until(sub { waitpid($pid, 1) != 0 }, 10), 'all of it ends';
    my $status = $?;
    delete $MaxqTest::running{$pid};
    cmp_ok time - $began, '<', 8, 'within seconds';
    is $status >> 8, 1, 'as a failure';
    like slurp("$out.err"), qr/^maxq: a rank on 'gen2' was lost: .*signal 9/m, 'that names the machine';
    like slurp($out), qr/PARTIAL/, 'what was measured is shown, as partial';
    my $json = json_file($file);
    ok !$json->{complete} && !$json->{results}[0]{valid}, 'and is neither complete nor valid';
    cmp_ok scalar(@{$json->{results}[0]{steps}}), '>=', 1, 'with its steps';
    nothing_left();
};

# Fails, soon, with one line that says so.
sub fails {
    my ($what, $line, @args) = @_;
    my ($code, $out, $err, $took) = here(@args);
    is $code, 1, "$what: fails";
    like $err, $line, 'and says why';
    is scalar(split /\n/, $err), 1, 'in one line' or diag $err;
    cmp_ok $took, '<', 12, 'soon';
}

subtest 'what cannot work' => sub {
    my @load = ('load', '-c', 2, '-d', '1s');
    fails('no such machine', qr/cannot start on all machines: .*nowhere/, @load, '--generators', 'gen1,nowhere', '--server', 'web1', $url);
    fails('nobody listens', qr/'gen1': cannot connect to/, @load, @both, "http://$hosts->{address}{web1}:8081/");
    fails('another machine', qr/'gen2': .* is not an address of this machine/, @load, '--generators', 'gen1', '--server', 'gen2', $url);
    fails('nobody says that it may be loaded', qr/--remote-ok/, @load, @generators, $url);
    fails('another network', qr/no address in the subnet '198.19/, @load, @both, '--mpi-subnet', '198.19.0.0/24', $url);

    MaxqTest::run_command(5, $hosts->on('gen2', 'mount', '-t', 'tmpfs', 'none', $bin));
    fails('not installed', qr/cannot run '\Q$bin\E\/maxq-mpi' on 'gen2'/, @load, @both, $url);
    # the same program, but for what it says of itself
    my $other = slurp("$bin/maxq-mpi");
    my ($version) = slurp("$root/meson.build") =~ /version: '([\d.]+)'/;
    my $twin = $version =~ s/\d(?=\D*$)/9/r;
    $other =~ s/(?<![\w.])\Q$version\E\0/$twin\0/g;
    open my $f, '>', "$tmp/other" or die "$!";
    print $f $other;
    close $f;
    MaxqTest::run_command(5, $hosts->on('gen2', 'sh', '-c', "cp $tmp/other $bin/maxq-mpi && chmod 755 $bin/maxq-mpi"));
    fails('another version', qr/maxq on 'gen2' is version '\Q$twin\E', here it is '\Q$version\E'/, @load, @both, $url);
    MaxqTest::run_command(5, $hosts->on('gen2', 'umount', $bin));
    nothing_left();
};

subtest 'fewer ranks than there must be' => sub {
    my @alone = ($hosts->near('here'), 'env', '-u', 'OMPI_COMM_WORLD_RANK');
    my ($code, undef, $err) = MaxqTest::run_command(20, @alone, "$bin/maxq-mpi", 'load', $url);
    is $code, 2, 'started by hand';
    like $err, qr/^maxq: maxq-mpi is to be started by mpirun/, 'which it says';
    # as under srun without its plugin: each is told its number, and none finds another
    ($code, undef, $err) = MaxqTest::run_command(20, @alone, 'SLURM_PROCID=0', "$bin/maxq-mpi", 'load', '--expect-ranks', 4, $url);
    is $code, 1, 'a world of its own';
    like $err, qr/there are 1 ranks, but 4 were expected: .*srun --mpi=pmix/, 'is found out';
    my @mpirun = (qw(mpirun --allow-run-as-root --oversubscribe --bind-to none --mca btl), 'tcp,self', '-np');
    ($code, undef, $err) = MaxqTest::run_command(20, @alone, @mpirun, 2, "$bin/maxq-mpi", 'load', '--server', 'x', $url);
    isnt $code, 0, 'no rank for the observer';
    like $err, qr/there are 2 ranks, but it takes 3/, 'which it says';
    like $err, qr/^maxq: [^\n]*\n(?!.*^maxq: )/ms, 'once';
};

# What listens on a machine, beyond its own processes for messages: "ADDRESS:PORT" of those ports that maxq gives to stacks.
sub listening {
    my (undef, $out) = MaxqTest::run_command(5, $hosts->on($_[0], qw(ss -Hltn)));
    return grep { /:(\d+)$/ && $1 >= 18000 && $1 < 30000 } map { (split)[3] } split /\n/, $out;
}

# Stacks on the server's machine; one cannot start there.
subtest 'bench' => sub {
    plan skip_all => 'no nginx or no ss' if !have_program('nginx') || !have_program('ss');
    mkdir "$tmp/catalog";
    MaxqTest::run_command(5, 'cp', '-r', (map { "$root/catalog/$_" } qw(nginx skeleton-c workloads)), "$tmp/catalog");
    mkdir "$tmp/catalog/broken";
    open my $f, '>', "$tmp/catalog/broken/component.yaml" or die "$!";
    print $f "title: x\nabout: x\nlistens: {protocols: [http], tcp: '{host}:{port}'}\ncommand: ['false']\n";
    close $f;
    my @at = ('--generators', 'gen1', '--server', $hosts->{address}{web1});
    my $file = "$tmp/bench.json";
    my ($pid, $out) = start($hosts->near('here', @by_shell, "$bin/maxq", 'bench', @at, '--catalog', "$tmp/catalog", '-c', 4, '-d', '200ms',
        '--warmup', '100ms', '--rounds', 2, 'skeleton-c', 'broken', 'nginx,skeleton-c@http+tcp', '--json', $file));
    my @listening;
    wait_until(sub { @listening = listening('web1'); return @listening >= 3 || -s $file }, 20);
    is_deeply [sort map { s/:\d+$//r } @listening], ['127.0.0.1', ($hosts->{address}{web1}) x 2],
        'the fronts listen on the address of the server\'s machine, and what is behind them on its own';
    ok !listening('gen1'), 'nothing is launched elsewhere';
    ok wait_until(sub { waitpid($pid, 1) != 0 }, 30), 'it ends';
    my $status = $?;
    delete $MaxqTest::running{$pid};
    is $status >> 8, 1, 'one could not be measured' or diag slurp("$out.err");
    my $json = json_file($file);
    my %row = map { $_->{name} => $_ } @{$json->{results}};
    for my $name ('skeleton-c', 'nginx,skeleton-c@http+tcp') {
        my $result = $row{$name};
        cmp_ok $result->{maximum}{throughput_rps} // 0, '>', 0, "$name is measured" or diag explain $result->{why_not_valid};
        is scalar(@{$result->{rounds_rps}}), 2, 'in its rounds';
        my $step = $result->{steps}[-1];
        is_deeply [map { "$_->{host} $_->{role}" } @{$step->{ranks}}], ['gen1 generator', 'web1 observer'], 'by the generator';
        my %seen = map { $_->{component} => 1 } grep { $_->{busy} > 0 } @{$step->{cpu}{processes}};
        is_deeply [sort keys %seen], [sort map { s/@.*//r } split /,/, $name], 'with the costs of its own processes';
    }
    like $row{broken}{failed}, qr/^'web1': false ended with status 1|^'web1': broken ended with status 1/, 'and the other says why not';
    ok $json->{versions}{nginx}, 'versions are those of that machine';
    ok !listening('web1'), 'nothing listens any more';
    # whatever ends it: here the machine that makes the load
    ($pid, $out) = start($hosts->near('here', @by_shell, "$bin/maxq", 'bench', @at, '--catalog', "$tmp/catalog", '-c', 4, 'skeleton-c', 'nginx'));
    ok wait_until(sub { listening('web1') == 2 }, 20), 'again';
    $hosts->kill_on('gen1', $hosts->pids('gen1', 'maxq-mpi'));
    ok wait_until(sub { waitpid($pid, 1) != 0 }, 10), 'a rank is killed, and all of it ends';
    is $? >> 8, 1, 'as a failure';
    delete $MaxqTest::running{$pid};
    ok wait_until(sub { !listening('web1') && !$hosts->pids('web1', 'nginx') }, 5), 'with the stacks';
    nothing_left();
};

subtest 'usage' => sub {
    for my $case ([['bench', '--generators', 'a'], qr/needs --server/], [['load', '--server', 'a', $url],
        qr/--server needs --generators/], [['load', '--generators', 'a,-x', $url], qr/bad machine '-x'/], [['load', '--generators', 'a',
        '--mpi-subnet', '10.0.0.0', $url], qr/bad subnet '10.0.0.0'/], [['load', '--expect-ranks', 3, $url], qr/is for maxq-mpi/]) {
        my ($code, undef, $err) = maxq(@{$case->[0]});
        is $code, 2, join ' ', @{$case->[0]}[0, 1];
        like $err, $case->[1], 'and why';
    }
};

subtest 'doctor' => sub {
    my $file = "$tmp/doctor.json";
    my ($code, $out, $err) = here('doctor', @both, '--quick', $url, '--json', $file);
    like $code, qr/^[04]$/, 'looked' or diag $err;
    my $json = json_file($file);
    is_deeply [map { "$_->{host} $_->{role}" } @{$json->{machines}}], ['gen1 generator', 'gen2 generator', 'web1 observer'], 'at each machine';
    is_deeply [map { $_->{name} } @{$json->{findings}}], [('machine') x 3], 'which are summed up';
    for my $machine (@{$json->{machines}}) {
        my %found = map { $_->{name} => $_ } @{$machine->{findings}};
        ok $found{'open-files'} && $found{clock}, "what there is at $machine->{host}, and its clock";
        is !!$found{'server-backlog'}, $machine->{role} eq 'observer', 'the server is seen where it is';
    }
    like $out, qr/^gen2, generator$/m, 'each has its part';
    schema_ok($file);
    MaxqTest::run_command(5, $hosts->on('gen2', 'mount', '-t', 'tmpfs', 'none', $bin));
    ($code, $json) = here_json('doctor', @both, '--quick', $url);
    MaxqTest::run_command(5, $hosts->on('gen2', 'umount', $bin));
    is $code, 4, 'one that has no maxq';
    is_deeply [map { "$_->{name} $_->{level}" } @{$json->{findings}}], ['reach ok', 'reach problem', 'reach ok'], 'is the one to mend';
    like $json->{findings}[1]{found}, qr/'gen2': cannot run/, 'and it says why';
    nothing_left();
};

subtest 'by a real ssh' => sub {
    plan skip_all => 'no sshd' if !have_program('sshd') || !have_program('ssh-keygen');
    my $dir = "$tmp/ssh";
    mkdir $dir;
    mkdir "$dir/bin";
    my $write = sub { open my $f, '>', "$dir/$_[0]" or die "$!"; print $f $_[1]; close $f };
    for (qw(host user)) { MaxqTest::run_command(10, 'ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', "$dir/$_") }
    my %at = %{$hosts->{address}};
    $write->('known', join '', map { "$at{$_} " . slurp("$dir/host.pub") } qw(gen1 gen2 web1));
    $write->('config', join('', map { "Host $_\nHostName $at{$_}\n" } qw(gen1 gen2 web1))
        . "Host *\nIdentityFile $dir/user\nIdentitiesOnly yes\nUserKnownHostsFile $dir/known\nStrictHostKeyChecking yes\n");
    $write->('bin/ssh', "#!/bin/sh\nexec /usr/bin/ssh -F $dir/config \"\$@\"\n");
    chmod 0755, "$dir/bin/ssh";
    for my $name (qw(gen1 gen2 web1)) {
        $write->("sshd.$name", "Port 22\nListenAddress $at{$name}\nHostKey $dir/host\nAuthorizedKeysFile $dir/user.pub\n"
            . "PasswordAuthentication no\nUsePAM no\nStrictModes no\nPidFile none\n");
        start($hosts->on($name, 'sh', '-c', "mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f $dir/sshd.$name"));
    }
    my @ssh = $hosts->near('here', 'env', '-u', 'OMPI_MCA_plm_rsh_agent', "PATH=$dir/bin:$ENV{PATH}");
    my $up = sub { my ($code) = MaxqTest::run_command(5, @ssh, 'ssh', '-o', 'BatchMode=yes', $_[0], 'true'); return $code == 0 };
    for my $name (qw(gen1 gen2 web1)) {
        ok wait_until(sub { $up->($name) }, 10), "sshd of $name" or return;
    }
    my $before = served();
    my ($code, $out, $err) = MaxqTest::run_command(30, @ssh, "$bin/maxq", 'load', @both, '-c', 2, '-n', 500, $url, '--json', '-');
    like $code, qr/^[04]$/, 'measured' or diag $err;
    my $json = JSON::PP->new->decode($out);
    is $json->{results}[0]{steps}[0]{completed}, 500, 'all of it';
    is served() - $before, 500, 'as the server says';
    nothing_left();
    $write->('config', slurp("$dir/config") . "PubkeyAuthentication no\n");
    ($code, undef, $err, my $took) = MaxqTest::run_command(30, @ssh, "$bin/maxq", 'load', @both, '-c', 2, '-n', 500, $url);
    is $code, 1, 'without a key it fails';
    like $err, qr/^maxq: cannot start on all machines: .*Permission denied/, 'and says why';
    cmp_ok $took, '<', 12, 'soon, without asking for a password';
    nothing_left();
};

subtest 'a link goes down' => sub {
    my ($pid, $out) = start($hosts->near('here', @by_shell, "$bin/maxq", 'sweep', @both, '-c', '1,2,4,8,16,32,64,128', '-d', '500ms', $url));
    ok wait_until(sub { slurp($out) =~ /^ +1 +\d/m }), 'one step is measured';
    MaxqTest::run_command(5, $hosts->on('gen2', qw(ip link set eth0 down)));
    ok wait_until(sub { waitpid($pid, 1) != 0 }, 20), 'all of it ends';
    my $status = $?;
    delete $MaxqTest::running{$pid};
    is $status >> 8, 1, 'as a failure';
    like slurp("$out.err"), qr/^maxq: lost the machine 'gen2'/m, 'that names the machine';
    like slurp($out), qr/PARTIAL/, 'what was measured is shown, as partial';
    MaxqTest::run_command(5, $hosts->on('gen2', qw(ip link set eth0 up)));
    nothing_left();
};

subtest 'the server\'s machine is gone' => sub {
    my ($pid, $out) = start($hosts->near('here', @by_shell, "$bin/maxq", 'load', @both, '-c', 2, '-d', '30s', $url));
    wait_until(sub { $hosts->pids('web1', 'maxq-mpi') });
    sleep 1;
    $hosts->end('web1');
    ok wait_until(sub { waitpid($pid, 1) != 0 }, 20), 'all of it ends';
    my $status = $?;
    delete $MaxqTest::running{$pid};
    is $status >> 8, 1, 'as a failure';
    like slurp("$out.err"), qr/^maxq: lost (?:a|the) machine/m, 'which it says';
    my $left = sub { !grep { @{[$hosts->pids($_, 'maxq-mpi')]} || @{[$hosts->pids($_, 'orted')]} } qw(gen1 gen2) };
    ok wait_until($left, 5), 'and nothing is left on the others';
};

done_testing;
