# SPDX-License-Identifier: GPL-3.0-or-later
# The history: what is kept of runs, whatever ends them, and that it is shown again as it was.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use POSIX ();
use Time::HiRes qw(time sleep);
use MaxqTest;

my $store = "$tmp/state/maxq/history.db";

sub sql { my ($file, $sql) = @_; return scalar `sqlite3 -readonly '$file' "$sql" 2>&1` }

# Waits for its end: the exit status.
sub status_of {
    my ($pid, $seconds) = @_;
    my $status = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, $seconds // 20);
    delete $MaxqTest::running{$pid};
    return $status ? $status->[0] : undef;
}

my ($server, $url) = serve();
my @quick = ('-c', '1,2', '-d', '100ms');

subtest 'what was printed is shown again' => sub {
    my ($code, $out) = maxq('history');
    is $code, 1, 'nothing is stored yet';
    ok !-e $store, 'and looking makes no file';
    my %runs = (
        load   => ['load', '-c', 2, '-d', '200ms', '--label', 'branch=main', "$url/hello"],
        sweep  => ['sweep', @quick, "$url/hello"],
        layers => ['layers', '-c', 2, '-d', '100ms', '--rounds', 2, "$url/hello", '--below', "$url/render_name"],
        bench  => ['bench', '-c', 2, '-d', '100ms', '--rounds', 2, 'skeleton-c', 'nginx'],
    );
    delete $runs{bench} if !have_program('nginx');
    # where the kernel may be asked; else maxq says why not, and measures nothing
    my %watched = (profile => ['profile'], functions => ['profile', '--functions', '--frequency', 1999]);
    for my $command (keys %watched) {
        my @run = (@{$watched{$command}}, '-c', 2, '-d', '200ms', '--rounds', 2, "$url/hello");
        my $err = (maxq(@run, '-d', '100ms', '--rounds', 1, '--no-store'))[2];
        $runs{$command} = \@run if $err !~ /^maxq: cannot (?:watch|sample|name) /m;
        note $err if !$runs{$command};
    }
    for my $command (sort keys %runs) {
        my ($code, $printed, $err) = maxq(@{$runs{$command}}, '--json', "$tmp/$command.json");
        ok $code == 0 || $code == 4, "$command: measured" or diag $err;
        is((maxq('show'))[1], $printed, "$command: shown as it was printed");
        is((maxq('show', '--json'))[1], slurp("$tmp/$command.json"), "$command: and its JSON");
        # of the JSON alone the same can be printed
        like((maxq('import', '--store', "$tmp/imported.db", "$tmp/$command.json"))[1], qr/^1 run imported$/, "$command: imported");
        is((maxq('show', '--store', "$tmp/imported.db", 'last'))[1], $printed, "$command: printed anew from its JSON");
        is((maxq('show', '--store', "$tmp/imported.db", 'last', '--json'))[1], slurp("$tmp/$command.json"), "$command: to the letter");
        schema_ok("$tmp/$command.json");
    }
    is scalar(keys %{json_file("$tmp/bench.json")->{versions}}), 2, 'the versions of all components' if $runs{bench};
    like slurp("$tmp/profile.json"), qr/"epoll_p?wait2?"/, 'the calls of a profile' if $runs{profile};
    like slurp("$tmp/functions.json"), qr/"kind": "native"/, 'and its functions' if $runs{functions};
    is sql($store, "select tracer, count(*), count(step) from loads, runs on run = runs.id where command = 'profile'"
        . " group by tracer order by tracer is not null, tracer desc"), "|4|4\nphases|2|0\nfunctions|2|0\n", 'steps without what was traced'
        if $runs{profile} && $runs{functions};
    is sprintf('%o', (stat $store)[2] & 07777), '600', 'for its owner alone';
    is sprintf('%o', (stat "$tmp/state/maxq")[2] & 07777), '700', 'and its folder';
};

subtest 'windows and histograms' => sub {
    my ($code, $json) = maxq_json('load', '-c', 2, '-d', '300ms', '--store', "$tmp/windows.db", "$url/hello");
    my $step = $json->{results}[0]{steps}[0];
    is sql("$tmp/windows.db", 'select count(*) from windows') + 0, $step->{windows}, 'every window';
    my $completed = sql("$tmp/windows.db", 'select sum(completed) from windows');
    ok $completed > 0 && $completed <= $step->{completed}, 'with its responses';
    ok sql("$tmp/windows.db", 'select sum(generator_user_ns + generator_system_ns) from windows') > 0, 'the CPU time of the generator';
    is sql("$tmp/windows.db", "select comm from processes"), "maxq\n", 'and of the server';
    is sql("$tmp/windows.db", 'select step || length(latency) > 10 from loads'), "1\n", 'and the histogram of its step';
};

subtest 'filters' => sub {
    my ($code, $out) = maxq('history', '--label', 'branch=main');
    is scalar(() = $out =~ /^ *\d/mg), 1, 'by label';
    like $out, qr/^run +when .*\n *\d+ 20\d\d-\d\d-\d\d \d\d:\d\d load +\Q$url\E\/hello +\S+ +\S+ +(?:yes|no) +branch=main$/m, 'a line a run';
    is scalar(() = (maxq('history', '--command', 'sweep', '--since', '1h'))[1] =~ /^ *\d/mg), 1, 'by command and time';
    like((maxq('history', '--since', '2999-01-01'))[2], qr/no such run/, 'nothing');
    is((maxq('history', '--since', 'yesterday'))[0], 2, 'a bad time');
    is((maxq('load', '--label', 'x', $url))[0], 2, 'a bad label');
    is scalar(() = (maxq('history', '--limit', 1))[1] =~ /^ *\d/mg), 1, 'so many';
};

subtest 'plot' => sub {
    maxq('load', '-c', 2, '-d', '100ms', '--store', "$tmp/plot.db", "$url/hello") for 1 .. 2;
    maxq('load', '-c', 2, '-d', '100ms', '--store', "$tmp/plot.db", "$url/render_name");
    is((maxq('history', '--plot', '--store', "$tmp/plot.db"))[0], 1, 'one run of this target is not enough');
    local $ENV{LC_ALL} = 'C';
    my ($code, $out) = maxq('history', '--plot', '--store', "$tmp/plot.db", '--target', '/hello');
    is $code, 0, 'two are';
    like $out, qr/^load of \Q$url\E\/hello, 2 runs.*^throughput, q\/s.*^cost, CPU us a request/ms, 'throughput and cost';
    is scalar(grep { length > 80 } split /\n/, $out), 0, 'in 80 columns';
    unlike $out, qr/[^\n -~]/, 'without a locale in ASCII, and without colours';
    $ENV{LC_ALL} = 'C.UTF-8';
    ($code, $out) = maxq('history', '--plot', '--store', "$tmp/plot.db", '--target', '/hello');
    like $out, qr/\xe2[\xa0-\xa3]/, 'else with dots';
    utf8::decode($out);
    is scalar(grep { length > 80 } split /\n/, $out), 0, 'which are as wide';
};

subtest 'export, import, forget' => sub {
    my @file = map { "$tmp/export$_.json" } 0 .. 2;
    is((maxq('export', 1, 2, '-1', '-o', $file[0]))[0], 0, 'exported');
    like((maxq('import', '--store', "$tmp/other.db", $file[0]))[1], qr/^3 runs imported$/, 'imported');
    is((maxq('export', '--store', "$tmp/other.db", 1, 2, 3, '-o', $file[1]))[0], 0, 'exported again');
    is slurp($file[1]), slurp($file[0]), 'it is the same';
    like((maxq('import', '--store', "$tmp/other.db", $file[0]))[1], qr/^0 runs imported, 3 already there$/, 'nothing comes twice');
    is((maxq('forget'))[0], 2, 'forgets nothing without being told what');
    like((maxq('forget', '--store', "$tmp/other.db", 1))[1], qr/^ +1 .*\n1 run deleted$/m, 'says what it deleted');
    is((maxq('show', '--store', "$tmp/other.db", 1))[0], 1, 'it is gone');
    like((maxq('forget', '--store', "$tmp/other.db", '--before', '2999-01-01'))[1], qr/^2 runs deleted$/m, 'all others');
    is sql("$tmp/other.db", 'select (select count(*) from windows) + (select count(*) from results)'), "0\n", 'and what belonged to them';
    my ($code, undef, $err) = maxq('import', "$root/README.md");
    is $code, 1, 'what is no run is refused';
    like $err, qr/^maxq: cannot read '.*README.md': line 1/, 'with the reason';
    my (undef, undef, $endless) = MaxqTest::run_command(60, 'sh', '-c', "tr '\\0' ' ' </dev/zero 2>/dev/null | '$maxq' import -");
    is $endless, "maxq: '-' is too large: at most 256 MiB are read\n", 'what has no end is refused';
};

subtest 'secrets' => sub {
    my $secret = 's3cr3t';
    my ($code, $out, $err) = maxq('load', '-n', 10, '--store', "$tmp/secret.db", '--json', "$tmp/secret.json",
        (map { ('-H', "$_: $secret") } qw(Authorization Cookie Proxy-Authorization X-Api-Key)), '-m', 'POST', '-b', $secret,
        "$url/hello?token=$secret");
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    my $shown = (maxq('show', '--store', "$tmp/secret.db"))[1] . (maxq('export', '--store', "$tmp/secret.db", 1))[1];
    for (['text', $out], ['messages', $err], ['JSON', slurp("$tmp/secret.json")], ['history', $shown],
        map { [$_, slurp($_)] } glob "$tmp/secret.db*") {
        unlike $_->[1], qr/$secret/, "not in $_->[0]";
    }
    like slurp("$tmp/secret.json"), qr/"Authorization"/, 'only the name';
    # while it is written, in the log beside the database, too
    my ($pid) = start($maxq, 'sweep', '-c', '1,1,1,1,1', '-d', '200ms', '--store', "$tmp/log.db", "$url/hello?token=$secret");
    ok wait_until(sub { -s "$tmp/log.db-wal" && sql("$tmp/log.db", 'select count(*) from loads') > 1 }), 'the log';
    unlike slurp("$tmp/log.db-wal"), qr/$secret/, 'has none';
    stop($pid, 'INT');
    ($code, $out, $err) = maxq('load', '-n', 10, $url =~ s{//}{//user:$secret\@}r);
    is $code, 2, 'user names in URLs are refused';
    unlike $out . $err, qr/$secret/, 'and not repeated';
    ($code, $out) = maxq('load', '-n', 10, '--store-query', '--no-store', "$url/hello?token=$secret");
    like $out, qr/hello\?token=$secret/, 'the query is shown to those who want it';
};

subtest 'a run that is killed' => sub {
    my ($killed, $lost, $broken, $unmarked) = (0, 0, 0, 0);
    for my $i (1 .. 6) {
        my ($pid, $out) = start($maxq, 'sweep', '-c', '1,1,1,1,1,1,1,1', '-d', '100ms', '--store', "$tmp/killed.db", "$url/hello");
        my $runs = sql("$tmp/killed.db", 'select count(*) from runs') || 0;
        # at any moment, but after the first step
        wait_until(sub { slurp($out) =~ /^ +1 /m });
        sleep rand 0.9;
        my $finished = () = slurp($out) =~ /^ +1 /mg;
        stop($pid, 'KILL');
        $killed++;
        my $run = sql("$tmp/killed.db", 'select max(id) from runs') + 0;
        $broken++ if sql("$tmp/killed.db", 'pragma integrity_check') ne "ok\n";
        my $json = JSON::PP->new->decode((maxq('show', '--store', "$tmp/killed.db", '--json'))[1] || '{}');
        # a step is stored right after its line is printed
        $lost++ if @{$json->{results}[0]{steps} // []} < $finished - 1;
        $unmarked++ if $json->{complete} || $json->{results}[0]{valid};
    }
    is $lost, 0, "of $killed runs all finished steps are there";
    is $broken, 0, 'the database is sound';
    is $unmarked, 0, 'they are marked as partial';
    is scalar(() = (maxq('history', '--store', "$tmp/killed.db"))[1] =~ /\bpartial\b/g), $killed, 'and listed so';
    like((maxq('show', '--store', "$tmp/killed.db"))[1], qr/^ +1 .*^PARTIAL: /ms, 'what was printed of it');
};

subtest 'a full disk' => sub {
    plan skip_all => 'needs to be root, for a small file system' if $> != 0 || system('unshare -m true 2>/dev/null') != 0;
    mkdir "$tmp/small";
    my ($code, $out, $err) = MaxqTest::run_command(60, 'unshare', '-m', 'sh', '-c',
        'mount -t tmpfs -o size=256k none "$1" && "$0" sweep -c 1,2,4,8,16,32,1,2,4,8,16,32 -d 200ms --store "$1/h.db" "$2"; code=$?;'
        . ' cp "$1"/h.db* "$3"; exit $code', $maxq, "$tmp/small", "$url/hello", $tmp);
    ok $code == 0 || $code == 4, 'the run goes on' or diag $err;
    like $out, qr/^  maximum /m, 'to its end';
    like $err, qr/^maxq: warning: only a part of this run is stored: cannot use '.*': .*full$/m, 'and says so';
    is scalar(() = $err =~ /stored/g), 1, 'in one line';
    is sql("$tmp/h.db", 'pragma integrity_check'), "ok\n", 'what was stored is sound';
    my $steps = () = sql("$tmp/h.db", 'select document from results') =~ /"warmup_s"/g;
    my $kept  = sql("$tmp/h.db", 'select count(*) from loads where step is not null') + 0;
    ok $kept > 0 && $steps == $kept, "all of it: $kept steps";
};

subtest 'a store that cannot be written' => sub {
    my ($code, $out, $err) = maxq('load', '-n', 100, '--store', '/proc/no/history.db', "$url/hello");
    ok $code == 0 || $code == 4, 'the run goes on';
    like $out, qr/^  throughput /m, 'and prints its table';
    is $err, "maxq: warning: this run is not stored: cannot open '/proc/no/history.db': No such file or directory\n", 'one line says so';
    maxq('load', '-n', 100, '--no-store', '--store', "$tmp/no.db", "$url/hello");
    ok !-e "$tmp/no.db", 'and with --no-store nothing is stored';
    local $ENV{MAXQ_STORE} = "$tmp/environment.db";
    maxq('load', '-n', 100, "$url/hello");
    like((maxq('history'))[1], qr/load/, 'the environment says where');
    is((maxq('load', "http://127.0.0.1:" . free_port() . "/"))[0], 1, 'a run that cannot begin');
    is sql("$tmp/environment.db", 'select count(*) from runs'), "1\n", 'is none';
};

subtest 'two at a time' => sub {
    my @pids = map { (start($maxq, 'sweep', @quick, '--store', "$tmp/two.db", "$url/hello"))[0] } 1 .. 2;
    my @status = map { status_of($_) >> 8 } @pids;
    ok !(grep { $_ != 0 && $_ != 4 } @status), 'both measure';
    is sql("$tmp/two.db", 'select count(*), sum(complete), (select count(*) from loads) from runs'), "2|2|6\n", 'and both are stored';
};

subtest 'interrupted' => sub {
    my ($pid, $out) = start($maxq, 'sweep', '-c', '1,1,1,1', '-d', '200ms', '--store', "$tmp/int.db", "$url/hello");
    wait_until(sub { slurp($out) =~ /^ +1 /m });
    kill 'INT', $pid;
    is status_of($pid) >> 8, 130, 'as always';
    is((maxq('show', '--store', "$tmp/int.db"))[1], slurp($out), 'shown as it was printed');
    like((maxq('history', '--store', "$tmp/int.db"))[1], qr/partial/, 'and marked');
};

stop($server);
done_testing;
