# SPDX-License-Identifier: GPL-3.0-or-later
# maxq bench: real servers are launched, verified, measured and ended, whatever happens to them or to us.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use POSIX ();
use Time::HiRes qw(time sleep);
use MaxqTest;

plan skip_all => 'nginx and uWSGI are not installed'
    if !have_program('nginx') || !have_program('uwsgi') || !-e '/usr/lib/uwsgi/plugins/python3_plugin.so';
# A sanitized generator is not what is tested here; but that nothing is wrong with its memory.
if (under_sanitizer()) {
    my ($code, $json, $err) = maxq_json('bench', '-c', '1,4', '-d', '400ms', '--rounds', 3, 'nginx,uwsgi,skeleton', 'skeleton-c');
    ok $code == 0 || $code == 4, 'rounds of two stacks' or diag $err;
    is scalar(grep { @{$_->{rounds_rps}} == 3 } @{$json->{results}}), 2, 'three rounds each';
    is_deeply [leftovers()], [], 'nothing is left';
    done_testing;
    exit 0;
}

my @quick = ('-c', '4', '-d', '400ms', '--rounds', '2', '--ready', '2s');
is_deeply [leftovers()], [], 'nothing was there before';

sub by_name { return map { $_->{name} => $_ } @{$_[0]{results}} }

subtest 'the rows that are there' => sub {
    my $file = "$tmp/bench.json";
    my ($code, $out, $err) = maxq('bench', @quick, '--json', $file);
    my $json = json_file($file);
    my %row  = by_name($json);
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    is_deeply [sort keys %row],
        ['nginx', 'nginx,uwsgi@http+tcp,skeleton', 'nginx,uwsgi@uwsgi+unix,skeleton', 'skeleton-c'], 'all of them';
    for my $name (sort keys %row) {
        my $row = $row{$name};
        ok !$row->{failed}, "$name did not fail" or diag $row->{failed};
        cmp_ok $row->{maximum}{throughput_rps}, '>', 100, "$name: throughput";
        ok $row->{maximum}{ci95_rps}[0] <= $row->{maximum}{throughput_rps}, "$name: interval";
        ok counts_add_up($_), "$name: counts add up" for @{$row->{steps}};
        is errors_of($row->{steps}[-1]), 0, "$name: no errors";
        cmp_ok $row->{maximum}{implied_rps}, '>', 0, "$name: what its cost implies";
    }
    my %cost;
    my $last = $row{'nginx,uwsgi@uwsgi+unix,skeleton'}{steps}[-1];
    $cost{$_->{component}} += $_->{user_us_per_request} + $_->{system_us_per_request} for @{$last->{cpu}{processes}};
    is_deeply [sort keys %cost], ['nginx', 'uwsgi'], 'the cost is split over the components';
    cmp_ok $cost{$_}, '>', 1, "$_ costs something" for sort keys %cost;
    my $whole = $row{'nginx,uwsgi@uwsgi+unix,skeleton'}{maximum}{cost_us_per_request}{total};
    ok abs(($cost{nginx} + $cost{uwsgi}) / $whole - 1) < 1e-3, 'and adds up to the whole';
    is scalar @{$json->{ranking}}, 4, 'all are ranked';
    is $json->{ranking}[-1]{name} =~ /uwsgi/ ? 1 : 0, 1, 'uWSGI is not the fastest';
    my ($nginx) = grep { $_->{name} eq 'nginx' } @{$json->{ranking}};
    is_deeply [map { $_->{to} } @{$nginx->{ratios}}], ['nginx', 'nginx,uwsgi@uwsgi+unix,skeleton'], 'what is compared with';
    is $nginx->{ratios}[0]{ratio}, 1, 'ratios to nginx';
    like $out, qr/^# stack .*q\/s .*limit$/m, 'a table';
    like $out, qr/^nginx,uwsgi\@uwsgi\+unix,skeleton nginx +[\d.]+ +[\d.]+ +[\d.]+ +\d+%$/m, 'of costs, too';
    cmp_ok length $_, '<=', 80, 'fits 80 columns' for grep { /^[#\d] .*(limit|cpu|reached)$/ || m{^ +\d+/\d+ } } split /\n/, $out;
    is_deeply [leftovers()], [], 'nothing is left';
    SKIP: {
        skip 'one CPU only', 1 if @{$json->{host}{generator_cpus}} == 0;
        is_deeply [grep { my $c = $_; grep { $_ == $c } @{$json->{host}{server_cpus}} } @{$json->{host}{generator_cpus}}], [],
            'servers and generator on different CPUs';
    }
    schema_ok($file);
};

subtest 'links and workloads' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    my @stacks = map { "nginx,uwsgi\@$_,skeleton" } map { my $p = $_; map { "$p+$_" } qw(tcp unix) } qw(http fastcgi uwsgi scgi);
    push @stacks, 'uwsgi@http+unix,skeleton', 'skeleton-c@http+unix', 'nginx@http+unix', 'nginx,skeleton-c@http+unix',
        map { ("uwsgi\@$_,skeleton", "skeleton-c\@$_") } qw(fastcgi+tcp uwsgi+unix scgi+unix);
    my ($code, $json, $err) = maxq_json('bench', @quick, '-d', '200ms', '-c', 1, @stacks);
    my %row = by_name($json);
    for my $stack (@stacks) {
        ok $row{$stack} && !$row{$stack}{failed} && $row{$stack}{maximum}{throughput_rps} > 100, $stack
            or diag $row{$stack}{failed} // $err;
    }
    for my $workload (qw(/render_name /render_table /lookup)) {
        ($code, $json) = maxq_json('bench', @quick, '--workload', $workload, 'nginx,uwsgi,skeleton', 'skeleton-c');
        is scalar(grep { !$_->{failed} && errors_of($_->{steps}[-1]) == 0 } @{$json->{results}}), 2, "$workload, byte for byte";
        is $json->{results}[0]{workload}, $workload, 'said in the result';
    }
    is_deeply [leftovers()], [], 'nothing is left';
};

subtest 'rounds' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    my ($code, $json) = maxq_json('bench', @quick, '--rounds', 4, 'nginx', 'skeleton-c');
    for my $row (@{$json->{results}}) {
        my ($search, $last) = @{$row->{steps}};
        my @rounds = @{$row->{rounds_rps}};
        is scalar @rounds, 4, "$row->{name}: so many rounds";
        is scalar @{$row->{steps}}, 2, 'the search, and all rounds in one step';
        # ten each, but where a pause of the machine makes one of several
        cmp_ok $last->{windows}, '>', 20, 'with the windows of all rounds';
        my @n = @{$row->{rounds_completed}};
        my ($n, $seconds, $squares) = (0, 0, 0);
        for my $i (0 .. 3) {
            $n += $n[$i];
            $seconds += $n[$i] / $rounds[$i];
        }
        my $mean = $n / $seconds;
        cmp_ok abs($mean / $row->{maximum}{throughput_rps} - 1), '<', 1e-6, 'the maximum is that of all rounds together';
        is $row->{maximum}{throughput_rps}, $last->{throughput_rps}, 'of that step';
        # by hand, as a ratio of responses to time: t(0.975, 3) = 3.182446
        $squares += ($n[$_] - $mean * $n[$_] / $rounds[$_])**2 for 0 .. 3;
        my $half = 3.182446 * sqrt($squares * 4 / 3) / $seconds;
        cmp_ok abs($row->{maximum}{ci95_rps}[1] - $mean - $half), '<', 1e-3 * $half + 1e-3, 'the interval is over rounds';
        cmp_ok $row->{idle_busy}, '<', 0.01, 'it was idle while the other was measured';
    }
    my %settings = %{$json->{settings}};
    is $settings{rounds}, 4, 'said in the settings';
    ($code, $json) = maxq_json('bench', '-c', 4, '-d', '200ms', '--precision', '90%', 'skeleton-c', 'nginx');
    is scalar @{$json->{results}[0]{rounds_rps}}, 6, 'precise enough: no more than the fewest rounds';
    my $took;
    ($code, $json, undef, $took) = maxq_json('bench', '-c', 4, '-d', '200ms', '--precision', '0.001%', '--budget', '4s', 'skeleton-c');
    cmp_ok $took, '<', 15, 'the budget ends it, and not the usual one of 17 s';
    cmp_ok scalar @{$json->{results}[0]{rounds_rps}}, '>', 2, 'after several rounds';
};

subtest 'without keep-alive' => sub {
    my ($code, $json) = maxq_json('bench', @quick, '--no-keepalive', 'nginx');
    my $step = $json->{results}[0]{steps}[0];
    cmp_ok $step->{connections}, '>=', $step->{completed}, 'a connection a request';
    cmp_ok $step->{connections}, '<=', $step->{started}, 'and none without one';
    ok !$json->{results}[0]{target}{keepalive}, 'said in the result';
};

# A catalog of our own, for components that fail.
my $catalog = "$tmp/catalog";
system 'cp', '-r', "$root/catalog", $catalog;

sub component {
    my ($name, $yaml, %files) = @_;
    mkdir "$catalog/$name";
    for my $file (['component.yaml', $yaml], map { [$_, $files{$_}] } keys %files) {
        open my $f, '>', "$catalog/$name/$file->[0]" or die;
        print $f $file->[1];
        close $f;
    }
}

my $listens = 'listens: {protocols: [http], tcp: "{port}", unix: "{socket}"}';

# One stack that fails beside one that does not.
sub fails {
    my ($name, $stack, $why) = @_;
    subtest $name => sub {
        my ($code, $json, $err, $took) = maxq_json('bench', '--catalog', $catalog, @quick, $stack, 'skeleton-c');
        my %row = by_name($json);
        is $code, 1, 'exit status 1';
        like $row{$stack}{failed}, $why, 'the row says why';
        ok !$row{'skeleton-c'}{failed} && $row{'skeleton-c'}{maximum}{throughput_rps} > 100, 'the other row is measured';
        is_deeply [map { $_->{name} } @{$json->{ranking}}], ['skeleton-c'], 'and ranked';
        cmp_ok $took, '<', 20, 'in time';
        is_deeply [leftovers()], [], 'nothing is left';
    };
}

component('dies', "title: x\nabout: x\n$listens\ncommand: [sh, -c, 'echo the reason; exit 3']\n");
fails('a server that ends at once', 'dies', qr/^dies ended with status 3; its log ends:\nthe reason$/);

component('killed', "title: x\nabout: x\n$listens\ncommand: [sh, -c, 'kill -9 \$\$']\n");
fails('a server that is killed', 'killed', qr/^killed was killed by signal 9 \(Killed\)/);

component('hangs', "title: x\nabout: x\n$listens\ncommand: [sh, -c, 'echo waiting; exec sleep 1000']\n");
fails('a server that hangs at its start', 'hangs', qr/^not ready after 2 s: cannot connect.*its log ends:\nwaiting/s);

component('wrong', "title: x\nabout: x\n$listens\ncommand: ['{maxq}', serve, --listen, '127.0.0.1:{port}']\n");
fails('a server that answers wrongly', 'wrong', qr/^not ready after 2 s: it answered with another body than 'hello from wrong/);

component('sulks', "title: x\nabout: x\n$listens\ncommand: ['{maxq}', serve, --listen, '127.0.0.1:{port}', --status-every, '1:503']\n");
fails('a server that answers with an error', 'sulks', qr/^not ready after 2 s: it answered with status 503/);

component('absent', "title: x\nabout: x\n$listens\npackages: [one, two]\nneeds: [no-such-server]\ncommand: [no-such-server]\n");
fails('a program that is not installed', 'absent', qr/^cannot find 'no-such-server', which absent needs: apt-get install one two$/);

component('forgot', "title: x\nabout: x\n$listens\ncommand: [no-such-server]\n");
fails('a program that cannot be executed', 'forgot', qr/^cannot start 'no-such-server': cannot execute it: No such file/);

component('template', "title: x\nabout: x\n$listens\ncommand: [sh, '{unknown}']\n");
fails('a template with an unknown variable', 'template', qr/^unknown variable '\{unknown\}' in 'template'$/);

component('broken-app', "title: x\nabout: x\napplication: {interface: wsgi, entry: 'broken:application'}\n",
    'broken.py' => "raise SystemError('no application today')\n");
fails('an application that cannot be loaded', 'nginx,uwsgi,broken-app', qr/^uwsgi ended with status \d+; its log ends:\n/);

component('stubborn', "title: x\nabout: x\n$listens\ncommand: [sh, -c, \"trap '' TERM; setsid sh -c 'trap \\\"\\\" TERM; "
        . "while :; do sleep 1; done' & '{maxq}' serve --listen 127.0.0.1:{port}; while :; do sleep 1; done\"]\n");
subtest 'a server that does not want to end, with a daemon of its own' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    my ($code, $json) = maxq_json('bench', '--catalog', $catalog, @quick, 'stubborn');
    like $json->{results}[0]{failed}, qr/^not ready/, 'it answers with the name of another';
    is_deeply [leftovers()], [], 'nothing is left';
};

# The skeleton, and beside it something that uses a tenth of a core all the time.
my $restless = "$tmp/restless";
system 'cp', '-r', $catalog, $restless;
open my $script, '>', "$restless/skeleton-c/beside.pl" or die;
print $script <<'PERL';
my ($maxq, $listen) = @ARGV;
my $pid = fork // die;
exec $maxq, 'serve', '--listen', $listen if !$pid;
while (waitpid($pid, 1) == 0) {
    my $until = (times)[0] + 0.02;
    1 while (times)[0] < $until;
    select undef, undef, undef, 0.15;
}
PERL
close $script;
open my $description, '>', "$restless/skeleton-c/component.yaml" or die;
print $description "title: x\nabout: x\n$listens\nfiles: [beside.pl]\ncommand: [perl, '{dir}/beside.pl', '{maxq}', '127.0.0.1:{port}']\n";
close $description;

subtest 'a stack that is not idle' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    my ($code, $json) = maxq_json('bench', '--catalog', $restless, @quick, 'skeleton-c@http+tcp', 'nginx');
    my %row = by_name($json);
    my $row = $row{'skeleton-c@http+tcp'};
    ok !$row->{failed}, 'it is measured' or diag $row->{failed};
    cmp_ok $row->{idle_busy}, '>', 0.02, 'what it used meanwhile';
    like "@{$row->{why_not_valid}}", qr/used [\d.]+ % of a core while others were measured/, 'makes it not valid';
    cmp_ok $row{nginx}{idle_busy}, '<', 0.01, 'the other one was idle';
};

subtest 'a suite of our own' => sub {
    plan skip_all => 'as built for users only' if $ENV{MAXQ_BRIEF};
    open my $f, '>', "$catalog/suites/ours.yaml" or die;
    print $f "title: ours\nabout: x\nreference: a book\nkeepalive: false\nclients: [1, 2]\nrows:\n"
        . "  - {name: front, stack: nginx, reference: 1000}\n"
        . "  - {name: table, stack: skeleton-c, workload: /render_table, reference: 500}\n"
        . "  - {name: hello, stack: skeleton-c}\n"
        . "compare:\n  - {title: /front, row: front}\n";
    close $f;
    my @short = ('--catalog', $catalog, '--suite', 'ours', '-d', '200ms', '--rounds', '2');
    my $file  = "$tmp/ours.json";
    my ($code, $out) = maxq('bench', @short, '--json', $file);
    my $json = json_file($file);
    my %row  = by_name($json);
    is_deeply [sort keys %row], [qw(front hello table)], 'rows by their names';
    is $row{table}{stack}, 'skeleton-c', 'and their stacks';
    is $row{table}{workload}, '/render_table', 'a workload of its own';
    is $row{hello}{workload}, '/hello', 'or the usual one';
    ok !$_->{target}{keepalive}, 'the suite says how to load' for values %row;
    is_deeply [map { $_->{clients} } @{$row{hello}{steps}}[0, 1]], [1, 2], 'and with how many clients';
    my ($table) = grep { $_->{name} eq 'table' } @{$json->{ranking}};
    is $table->{ratios}[0]{reference_ratio}, 0.5, 'the ratio of the reference figures';
    ok abs($table->{ratios}[0]{ratio} * $row{front}{maximum}{throughput_rps} / $row{table}{maximum}{throughput_rps} - 1) < 1e-9,
        'and ours';
    my ($hello) = grep { $_->{name} eq 'hello' } @{$json->{ranking}};
    is $hello->{ratios}[0]{reference_ratio}, undef, 'none where none is known';
    like $out, qr{^ref\.: the ratio to its left, in a book$}m, 'said below the table';
    is $row{hello}{idle_busy}, undef, 'rows that share a stack are not idle';
    ($code, $json) = maxq_json('bench', @short, '--keepalive', '-c', 3);
    ok $json->{results}[0]{target}{keepalive}, 'the command line has the last word';
    is $json->{results}[0]{steps}[0]{clients}, 3, 'on the clients, too';
    is_deeply [grep { defined } map { $_->{reference_rps} } @{$json->{results}}], [],
        'then the figures of the reference are of something else';
    is $json->{settings}{suite}, 'ours', 'settings: the suite';
    is $json->{settings}{precision}, 0.02, 'and what was not said';
    is_deeply [leftovers()], [], 'nothing is left';
};

# Waits until the bench has searched its first row.
sub bench_in_background {
    my (@args) = @_;
    my ($pid, $out) = start($maxq, 'bench', @args);
    wait_until(sub { slurp($out) =~ m{^ +1/\d+ }m }, 20) or diag 'no step: ' . slurp("$out.err");
    my @below = descendants($pid);
    return ($pid, $out, @below);
}

sub comm_of { my $comm = slurp("/proc/$_[0]/comm"); chomp $comm; return $comm }

subtest 'interrupted' => sub {
    my $file = "$tmp/interrupted.json";
    my ($pid, $out, @below) = bench_in_background('--json', $file, 'nginx,uwsgi,skeleton', 'nginx');
    ok((grep { comm_of($_) eq 'uwsgi' } @below), 'servers run below it');
    kill 'INT', $pid;
    my $status = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 20);
    is $status->[0] >> 8, 130, 'exit status 130';
    my $json = json_file($file);
    ok !$json->{complete}, 'marked partial';
    my %row = by_name($json);
    ok $row{'nginx,uwsgi,skeleton'}{maximum}{throughput_rps} > 0, 'with what was measured until then';
    like "@{$_->{why_not_valid}}", qr/interrupted/, "$_->{name}: not valid" for @{$json->{results}};
    is_deeply [leftovers()], [], 'nothing is left';
};

subtest 'kill -9 of maxq' => sub {
    my ($pid, $out, @below) = bench_in_background('nginx,uwsgi,skeleton');
    cmp_ok scalar @below, '>=', 5, 'keepers, masters and workers run below it';
    stop($pid, 'KILL');
    ok wait_until(sub { !grep { -e "/proc/$_" } @below }, 10), 'all of them end';
    ok wait_until(sub { !leftovers() }, 10), 'nothing is left' or diag join "\n", leftovers();
};

subtest 'a component that crashes in mid-run' => sub {
    my $file = "$tmp/crash.json";
    my ($pid, $out, @below) = bench_in_background('--timeout', '300ms', '--json', $file, 'nginx,uwsgi,skeleton', 'skeleton-c');
    kill 'KILL', grep { comm_of($_) eq 'uwsgi' } @below;
    my $status = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 60);
    is $status->[0] >> 8, 1, 'a row failed';
    my %row = by_name(json_file($file));
    like $row{'nginx,uwsgi,skeleton'}{failed}, qr/^uwsgi was killed by signal 9/, 'the row says what happened';
    ok $row{'nginx,uwsgi,skeleton'}{maximum}{throughput_rps} > 100, 'what was measured until then is kept';
    is errors_of($row{'nginx,uwsgi,skeleton'}{steps}[-1]), 0, 'without the round in which it died';
    ok $row{'skeleton-c'}{maximum}{throughput_rps} > 100, 'the next row is measured';
    cmp_ok scalar @{$row{'skeleton-c'}{rounds_rps}}, '>=', 6, 'in all its rounds';
    is_deeply [leftovers()], [], 'nothing is left';
};

subtest 'a component that hangs in mid-run' => sub {
    my $file = "$tmp/hang.json";
    my ($pid, $out, @below) = bench_in_background('--timeout', '300ms', '-d', '300ms', '--rounds', 4, '--json', $file, 'nginx,uwsgi,skeleton', 'skeleton-c');
    my @uwsgi = grep { comm_of($_) eq 'uwsgi' } @below;
    kill 'STOP', @uwsgi;
    my $status = wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [$?] : undef }, 60);
    is $status->[0] >> 8, 1, 'a row failed';
    my %row = by_name(json_file($file));
    like $row{'nginx,uwsgi,skeleton'}{failed}, qr/no correct response in round \d+/, 'the row says so';
    is_deeply [grep { !$_ } @{$row{'nginx,uwsgi,skeleton'}{rounds_rps}}], [], 'no empty round is averaged in';
    is scalar @{$row{'skeleton-c'}{rounds_rps}}, 4, 'the other row goes on';
    is_deeply [leftovers()], [], 'nothing is left';
};

subtest 'what cannot even begin' => sub {
    for my $case (
        [['nobody'],              qr/no component 'nobody' in '.*catalog'/],
        [['nginx,uwsgi@http3+tcp,skeleton'], qr/possible: http\+tcp, http\+unix, fastcgi\+tcp/],
        [['skeleton'],            qr/needs a server that runs wsgi applications before it, such as uwsgi,skeleton/],
        [['nginx', '--catalog', '/no/such'], qr/cannot open the catalog '\/no\/such'/],
    ) {
        my ($args, $why) = @$case;
        my ($code, $out, $err) = maxq('bench', @$args);
        is $code, 1, "@$args";
        like $err, $why, 'says why';
        is scalar(() = $err =~ /\n/g), 1, 'in one line';
        is $out, '', 'before anything is launched';
    }
    my ($twice, undef, $said) = maxq('bench', 'nginx', 'nginx');
    is $said, "maxq: 'nginx' is named twice\n", 'a stack twice';
    my ($code, $json) = maxq_json('bench', '--workload', '/nothing', 'skeleton-c');
    like $json->{results}[0]{failed}, qr/^no workload '\/nothing'/, 'an unknown workload';
    component('bad', "title: x\nabout: x\nlistens:\n  protocols: [http]\n  socket: tcp\ncommand: [x]\n");
    ($code, my $out, my $err) = maxq('bench', '--catalog', $catalog, 'bad');
    is $err, "maxq: $catalog/bad/component.yaml line 5: unknown key 'socket'\n", 'a broken description: file, line and key';
};

is_deeply [leftovers()], [], 'nothing is left';
done_testing;
