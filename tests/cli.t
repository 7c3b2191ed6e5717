# SPDX-License-Identifier: GPL-3.0-or-later
# The command line: what it takes, what it refuses and how, and that help, manual and program say the same.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

my @commands = qw(sweep load bench layers profile stacks doctor serve history show report compare gate export import forget help);

subtest 'help' => sub {
    my ($code, $out, $err) = maxq('help');
    is $code, 0, 'maxq help';
    like $out, qr/^  $_ /m, $_ for @commands;
    is((maxq('--help'))[1], $out, '--help is the same');
    ($code, $out, $err) = maxq();
    is $code, 2, 'nothing at all is a usage error';
    like $err, qr/usage: maxq/, 'with the help';
    for my $command (grep { $_ ne 'help' } @commands) {
        ($code, my $long) = maxq($command, '--help');
        is $code, 0, "$command --help";
        like $long, qr/^usage: maxq \[?$command/, 'says how to use it';
        is((maxq('help', $command))[1], $long, "help $command is the same");
        cmp_ok length $_, '<=', 110, 'not too wide' for split /\n/, $long;
    }
    like((maxq('--version'))[1], qr/^maxq \d+\.\d+\.\d+$/, '--version');
    is((maxq('help', 'nothing'))[0], 2, 'help on nothing');
};

subtest 'the manual has every option and command' => sub {
    my $manual = slurp("$root/docs/maxq.1") =~ s/\\-/-/gr;
    for my $command (grep { $_ ne 'help' } @commands) {
        like $manual, qr/^\.SS $command$/m, $command;
    }
    # each section of options names its commands, and has all that they have, and nothing else
    my %described;
    for my $section ($manual =~ /^\.SH (OPTIONS OF .*?)(?=^\.SH )/msg) {
        my ($title, $text) = split /\n/, $section, 2;
        my @named = map { lc } $title =~ s/^OPTIONS OF //r =~ /([A-Z]{2,})(?=,| AND|$)/g;
        my @options = map { /\\fB(--?[a-z0-9-]+)\\fR/gi } $text =~ /^\.TP\n(.*)$/mg;
        my $any = '';
        for my $command (@named) {
            $described{$command} = 1;
            my (undef, $help) = maxq($command, '--help');
            # the indented lines begin with an option, or explain the one above
            my @has = map { /(--?[a-z0-9-]+)/gi } $help =~ /^ {2}(?:    )?(-[^\s,]+(?:, --[^\s,]+)?)/mg;
            cmp_ok scalar @has, '>=', 3, "$command has options";
            $any .= "@has ";
            is_deeply [grep { my $option = $_; !/^-(?:h|-help)$/ && !grep { $_ eq $option } @options } @has], [], "all of $command";
        }
        is_deeply [grep { $any !~ /\Q$_\E / } @options], [], lc($title) . ': and no others';
    }
    is_deeply [sort keys %described], [sort grep { $_ ne 'help' } @commands], 'of every command';
    SKIP: {
        skip 'no man here', 1 if !have_program('man');
        is `LC_ALL=C.UTF-8 MANROFFSEQ= man --warnings -E UTF-8 -l -Tutf8 -Z $root/docs/maxq.1 2>&1 >/dev/null`, '', 'and is well-formed';
    }
};

# What is refused: status 2, one line on standard error, nothing on standard output.
my $url = 'http://127.0.0.1:1/';
for my $case (
    [['load'],                          qr/load takes one target/],
    [['load', $url, $url],              qr/load takes one target/],
    [['sweep'],                         qr/sweep takes one target/],
    [['load', '127.0.0.1:80/'],         qr/no scheme in '127.0.0.1:80\/': did you mean 'http:\/\/127.0.0.1:80\/'\?/],
    [['gopher'],                        qr/no command 'gopher'/],
    [['gopher://x/'],                   qr/unknown scheme 'gopher'/],
    [['load', '--nonsense', $url],      qr/unknown option '--nonsense': see 'maxq load --help'/],
    [['load', '-x', $url],              qr/unknown option '-x'/],
    [['load', '--param', 'NAME', $url], qr/bad parameter 'NAME': write it as NAME=VALUE/],
    [['load', '--param', '=x', $url],   qr/bad parameter '=x'/],
    [['load', '--uwsgi-modifier', 256, $url], qr/bad modifier '256': it must be 0 to 255/],
    [['-k', $url],                      qr/unknown option '-k'/],
    [['load', '-c'],                    qr/option '-c' needs an argument/],
    [['load', '--clients'],             qr/option '--clients' needs an argument/],
    [['load', '--quiet=yes', $url],     qr/unknown option '--quiet=yes'/],
    [['load', '-c', '0', $url],         qr/bad number of clients '0'/],
    [['load', '-c', '1,2', $url],       qr/load takes one number of clients/],
    [['sweep', '-c', '1,,2', $url],     qr/bad number of clients ''/],
    [['load', '-c', '2000000', $url],   qr/must be 1 to 1000000/],
    [['load', '-n', '1.5', $url],       qr/bad number of requests '1.5'/],
    [['load', '-d', '10 s', $url],      qr/bad duration '10 s'/],
    [['load', '-d', '0', $url],         qr/bad duration '0'/],
    [['load', '-t', '0', $url],         qr/bad number of threads/],
    [['load', '--timeout', 'x', $url],  qr/bad timeout 'x'/],
    [['load', '--expect-status', '99', $url],   qr/bad status '99'/],
    [['load', '--generator-cpus', '1-', $url],  qr/'1-' is not a list of CPUs/],
    [['load', '--io', 'kqueue', $url],  qr/unknown io 'kqueue'/],
    [['load', '--close', 'slam', $url], qr/bad way to close 'slam'/],
    [['load', '--workload', '/x', $url], qr/unknown option '--workload'/],
    [['doctor', $url, $url],            qr/doctor takes at most one target/],
    [['doctor', '-c', '1,2'],           qr/doctor takes one number of clients/],
    [['doctor', '-R', '0'],             qr/bad rate '0'/],
    [['doctor', '-d', '1s'],            qr/unknown option '-d'/],
    [['doctor', '127.0.0.1:80/'],       qr/no scheme in '127.0.0.1:80\/'/],
    [['bench', '-H', 'a: b'],           qr/unknown option '-H'/],
    [['bench', '--suite', 'talk', 'nginx'], qr/bench takes stacks or --suite, not both/],
    [['bench', '--layers'],             qr/--layers takes stacks, such as nginx,uwsgi,flask/],
    [['bench', '--layers', '--suite', 'talk'], qr/--layers takes stacks/],
    [['layers', $url],                  qr/layers takes one target, and at least one --below/],
    [['layers', '--below', $url],       qr/layers takes one target/],
    [['layers', $url, '--below', 'x'],  qr/no scheme in 'x'/],
    [['layers', $url, (map { ('--below', $url) } 1 .. 9)], qr/too many servers below: at most 8/],
    [['load', '-R', '0', $url],         qr/bad rate '0'/],
    [['load', '-R', '200M', $url],      qr/bad rate '200M': .*at most 100M/],
    [['load', '-R', '10', '--pipeline', '2', $url], qr/--rate and --pipeline do not go together/],
    [['load', '--arrival', 'bursts', $url], qr/unknown arrival 'bursts'/],
    [['load', '--arrival', 'poisson', $url], qr/add --rate or --slo/],
    [['load', '--latency-limit', 'x', $url], qr/bad latency limit 'x'/],
    [['sweep', '--slo', 'p98=1ms', $url], qr/unknown objective 'p98=1ms'/],
    [['sweep', '--slo', 'p99=1ms', '-c', '1,2', $url], qr/--slo takes one number of clients/],
    [['sweep', '--slo', 'p99=1ms', '--precision', '1%', $url], qr/leave out --precision/],
    [['stacks', '--check', '--install'], qr/--install and --check are two things/],
    [['stacks', '--ready', 'soon'],     qr/bad time 'soon'/],
    [['bench', '--workload', 'hello'],  qr/bad workload 'hello'/],
    # nothing is taken and then left alone
    [['profile', '--workload', '/x', $url], qr/--workload is for stacks: the path of a target is in its URL/],
    [['profile', '--ready', '1s', $url], qr/--ready is for stacks, which are launched/],
    [['profile', '--server-cpus', '0', $url], qr/--server-cpus is for stacks, which are launched/],
    [['profile', '--expect-body', 'x', 'nginx'], qr/--expect-body is for targets: what a stack must answer is in the catalog/],
    [['profile', '--expect-status', '200', 'nginx'], qr/--expect-status is for targets/],
    [['profile', '--store-query', 'nginx'], qr/--store-query is for targets/],
    [['profile', '--phases', 'x', '--functions', $url], qr/a profile is by phases or by functions: leave out --phases/],
    [['profile', '--phases', 'x', '--flame', 'x.svg', $url], qr/a profile is by phases or by functions/],
    [['profile', '-n', 10, '-c', 1, '-d', '1s', $url], qr/-n says when each load ends: leave out -d/],
    [['profile', '-n', 10, '-c', 1, '--warmup', 0, $url], qr/with -n each load is watched from its beginning: leave out --warmup/],
    [['bench', '--phases', 'x', '--functions', 'nginx'], qr/--phases needs --profile/],
    (map { [['bench', '--profile', "--$_", $_ eq 'frequency' ? 99 : 'x', 'nginx'], qr/--$_ needs --functions/] } qw(frequency parts folded flame)),
    (map { [['compare', '--ab', "--$_->[0]", $_->[1], $url, $url], qr/--$_->[0] is for stacks/] }
        ['workload', '/x'], ['ready', '1s'], ['server-cpus', 0], ['catalog', '/x'], ['catalog-b', '/x']),
    [['compare', '--ab', '--expect-status', 200, 'nginx', 'nginx'], qr/--expect-status is for targets/],
    [['compare', '--ab', '--anyway', $url, $url], qr/--anyway is for runs of the history: leave it out with --ab/],
    [['compare', '-c', 2, 'last', 'last'], qr/--clients is for what is measured now: add --ab, or leave it out/],
    [['compare', '--anyway', '--label', 'a=b', 'last', 'last'], qr/--label is for what is measured now/],
    [['layers', '--param', 'A=B', $url, '--below', $url], qr/--param is for fastcgi, uwsgi and scgi: none of the targets/],
    [['layers', '--uwsgi-modifier', 5, $url, '--below', 'fastcgi://127.0.0.1:1/'], qr/--uwsgi-modifier is for uwsgi: none of the targets/],
    [['load', '--mpi-subnet', '10.0.0.0/24', $url], qr/--mpi-subnet needs --generators/],
) {
    my ($args, $why) = @$case;
    my ($code, $out, $err) = maxq(@$args);
    subtest "maxq @$args" => sub {
        is $code, 2, 'exit status 2';
        like $err, qr/^maxq: [^\n]+\n$/, 'one line';
        like $err, $why, 'says why';
        is $out, '', 'nothing else';
    };
}

# What only the request itself can refuse.
for my $case ([['-H', 'NoColon'], qr/bad header 'NoColon'/], [['-H', "A: b\nB: c"], qr/bad header/], [['-m', 'G T'], qr/bad method/]) {
    my ($args, $why) = @$case;
    my ($code, $out, $err) = maxq('load', @$args, $url);
    ok $code == 1 && $err =~ $why, "load $args->[0] is checked" or diag $err;
}

is((maxq('bench', '-q', '--no-store', '--suite', 'talk-workloads', '--workload', '/lookup'))[2],
    "maxq: each row of suite 'talk-workloads' has a workload of its own: leave out --workload\n", 'a workload for nobody');

# And what is refused beside the one is taken beside the other: then it is the servers that are not there.
for my $args (['profile', '--catalog', "$root/catalog", '--flame', "$tmp/x.svg", $url], ['compare', '--ab', '--expect-status', 200, $url, $url],
    ['layers', '--param', 'A=B', $url, '--below', 'scgi://127.0.0.1:1/']) {
    my ($code, undef, $err) = maxq(@$args, '--no-store');
    ok $code == 1 && $err =~ /^maxq: cannot connect to '/, "maxq @$args" or diag $err;
}

subtest 'options may follow operands' => sub {
    my ($server, $base) = serve();
    my ($code, $out) = maxq('load', "$base/hello", '-n', '1k', '-c', 2);
    like $out, qr/1000 completed/, 'and numbers take k';
    ($code, $out) = maxq('-n', '10', '-c', '1', '-d', '100ms', "$base/hello");
    is $code, 2, '-n is not for sweeps';
    stop($server);
};

subtest 'files have the mode that the umask gives them' => sub {
    my ($server, $base) = serve();
    my $before = umask;
    for my $case ([077, 0600], [022, 0644], [027, 0640]) {
        my ($mask, $mode) = @$case;
        unlink glob "$tmp/mode.*";
        umask $mask;
        my ($code, undef, $err) = maxq('load', '-n', 10, '-c', 1, '--no-store', '--json', "$tmp/mode.json", '--csv', "$tmp/mode.csv", "$base/hello");
        umask $before;
        is sprintf('%04o', (stat "$tmp/mode.$_")[2] & 0777), sprintf('%04o', $mode), "$_ with umask " . sprintf '%03o', $mask for qw(json csv);
        is scalar(my @all = glob "$tmp/mode.*"), 2, 'and nothing lies beside them' or diag $err;
    }
    chmod 0600, "$tmp/mode.json";
    maxq('load', '-n', 10, '-c', 1, '--no-store', '--json', "$tmp/mode.json", "$base/hello");
    is sprintf('%04o', (stat "$tmp/mode.json")[2] & 0777), '0600', 'a file that is replaced keeps its own';
    stop($server);
};

subtest 'what nothing is known of is a hyphen, or left out' => sub {
    my ($server, $base) = serve('--delay', '1s');
    my ($code, $out) = maxq('load', '-c', 1, '-d', '200ms', '--timeout', '150ms', '--store', "$tmp/nothing.db", "$base/hello");
    is $code, 4, 'nothing was answered';
    like $out, qr/^  generator   - a request, \d\.\d\d of a core$/m, 'no cost of a request, and nothing that could be done of these';
    unlike $out, qr/\bnan\b/i, 'nor elsewhere';
    for my $as (qw(csv markdown openmetrics json)) {
        my ($shown, $text, $err) = maxq('show', '--store', "$tmp/nothing.db", "--$as", '-', 'last');
        is $shown, 0, $as or diag $err;
        unlike $text, qr/\bnan\b/i, "no number that is none in $as";
    }
    stop($server);
};

done_testing;
