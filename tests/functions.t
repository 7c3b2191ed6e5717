# SPDX-License-Identifier: GPL-3.0-or-later
# maxq profile --functions: on servers of which it is known where they spend their time.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();
$ENV{LC_ALL} = 'C';

# Short: what is to be seen are shares of samples.
my @quick = ('-c', 4, '-d', '400ms', '--rounds', 2, '--frequency', 1999);

my $serve = "$root/build/burn_server";
my ($url, $server) = start_burner(0);

# The port was free a moment ago.
sub start_burner {
    my ($thread) = @_;
    my $port = free_port();
    my ($pid, $out) = start($serve, $port, $thread);
    wait_until(sub { slurp($out) =~ /ready/ }) or die "the server did not start: " . slurp("$out.err");
    return ("http://127.0.0.1:$port/", $pid);
}

my ($code, $json, $err) = maxq_json('profile', '--functions', @quick, $url);
plan skip_all => "not here: $err" if $err =~ /cannot (?:sample|name) functions/;

sub functions_of {
    my ($result, $component) = @_;
    my ($c) = grep { $_->{component} eq $component } @{$result->{functions}{components}};
    return $c;
}

sub cost_of {
    my ($component, $function) = @_;
    my ($f) = grep { $_->{function} eq $function } @{$component->{functions}};
    return $f // {self => {share => 0}, total => {share => 0}};
}

subtest 'two functions, 70 to 30' => sub {
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    my $f = $json->{results}[0]{functions};
    my $c = functions_of($json->{results}[0], 'burn_server');
    cmp_ok $c->{samples}, '>', 100, 'enough samples';
    is $f->{lost}, 0, 'none is lost';
    ok defined $f->{slowdown}, 'what sampling cost is measured';
    my ($seventy, $thirty) = map { cost_of($c, $_)->{self}{share} } qw(burn_seventy burn_thirty);
    cmp_ok $seventy + $thirty, '>', 0.3, 'they are much of it';
    my $share = $seventy / ($seventy + $thirty);
    # few samples, where others have the server's CPU, are uncertain by more than 10 points
    my $chance = 4 * sqrt(0.7 * 0.3 / (($seventy + $thirty) * $c->{samples} || 1));
    cmp_ok abs($share - 0.7), '<', $chance > 0.1 ? $chance : 0.1, 'seventy of a hundred are in the first'
        or diag "$share of $c->{samples} samples";
    my $answer = cost_of($c, 'answer');
    # but for a sample in the moment before a function has made its frame
    cmp_ok $answer->{total}{share}, '>=', 0.98 * ($seventy + $thirty), 'callers are known by frame pointers';
    cmp_ok $answer->{self}{share}, '<', 0.1, 'which do little themselves';
    my $sum = 0;
    $sum += $_->{self}{us_per_request} for @{$c->{functions}};
    cmp_ok abs($sum / $c->{us_per_request} - 1), '<', 0.01, 'all functions together cost what the component does';
    SKIP: {
        skip 'no kernel for this user', 1 if !$f->{kernel};
        ok + (grep { $_->{kind} eq 'kernel' && $_->{function} =~ /recv|send|tcp/ } @{$c->{functions}}), 'the kernel is there, too';
    }
};

subtest 'threads that come and go; files' => sub {
    my ($url, $pid) = start_burner(1);
    my ($code, $out, $err) = maxq('profile', '--functions', @quick, '--folded', "$tmp/folded", '--flame', "$tmp/flame.svg", $url);
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    like $out, qr/^Functions of \Q$url\E: CPU us a request/m, 'a table';
    like $out, qr/^  burn_seventy \[burn_server\] +[\d.]+ +[\d.]+ +[\d.]+% +[\d.]+$/m, 'with the function';
    is join("\n", grep { length > 80 && !/http:/ } split /\n/, $out =~ s/.*^Functions of//smr), '', 'that fits 80 columns';
    my @stacks = split /\n/, slurp("$tmp/folded");
    is_deeply [grep { !/^burn_server(?:;[^;]+)* \d+$/ } @stacks], [], 'folded stacks';
    ok + (grep { /;answer \[burn_server\];burn_thirty \[burn_server\] \d+$/ } @stacks), 'from the caller to the function';
    my $svg = slurp("$tmp/flame.svg");
    like $svg, qr{<title>burn_seventy \[burn_server\]: \d+ samples, [\d.]+%, [\d.]+ us a request</title>}, 'a flame graph';
    SKIP: {
        skip 'no Python here', 1 if !-x '/usr/bin/python3';
        is system('/usr/bin/python3', '-c', 'import sys, xml.dom.minidom as d; d.parse(sys.argv[1])', "$tmp/flame.svg"), 0,
            'well-formed';
    }
    stop($pid);
};
stop($server);

subtest 'Python under uWSGI' => sub {
    plan skip_all => 'uWSGI is not installed' if !have_program('uwsgi') || !-e '/usr/lib/uwsgi/plugins/python3_plugin.so';
    my $catalog = "$tmp/catalog";
    system 'cp', '-r', "$root/catalog", $catalog;
    mkdir "$catalog/ours";
    open my $f, '>', "$catalog/ours/component.yaml" or die "$!";
    print $f qq(title: ours\nabout: a view that computes\napplication: {interface: wsgi, entry: "shop:application"}\n);
    close $f;
    open $f, '>', "$catalog/ours/shop.py" or die "$!";
    print $f <<'PYTHON';
class Basket:
    def total(self, n):
        return sum(i * i for i in range(n))

def application(environ, start_response):
    Basket().total(2000)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "16")])
    return [b"hello from ours\n"]
PYTHON
    close $f;
    my ($code, $json, $err) = maxq_json('profile', '--functions', @quick, '--catalog', $catalog, 'uwsgi@http+tcp,ours');
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    my $result = $json->{results}[0];
    plan skip_all => 'stacks of Python take root and BPF' if !$result->{functions}{python};
    my $c = functions_of($result, 'uwsgi');
    cmp_ok cost_of($c, 'shop.Basket.total')->{total}{share}, '>', 0.3, 'the method by its qualified name';
    cmp_ok cost_of($c, 'shop.Basket.total.<locals>.<genexpr>')->{self}{share}, '>', 0.15, 'and what it computes';
    cmp_ok cost_of($c, 'shop.application')->{total}{share}, '>=', 0.98 * cost_of($c, 'shop.Basket.total')->{total}{share},
        'within the view';
    my %part = map { $_->{part} => $_->{share} } @{$c->{parts}};
    cmp_ok $part{view}, '>', 0.3, 'which is the application\'s own part';
    my $sum = 0;
    $sum += $_ for values %part;
    cmp_ok abs($sum - 1), '<', 1e-6, 'parts add up';
    is_deeply [leftovers()], [], 'nothing is left';
};

subtest 'Node.js' => sub {
    plan skip_all => 'Node.js is not installed' if !have_program('node');
    my ($code, $json, $err) = maxq_json('profile', '--functions', @quick, 'node@http+tcp');
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    my $c = functions_of($json->{results}[0], 'node');
    ok + (grep { $_->{kind} eq 'jit' && $_->{file} =~ /app\.js/ } @{$c->{functions}}), 'functions of JavaScript';
    my @pids = map { $_->{pid} } @{$json->{results}[0]{steps}[-1]{cpu}{processes}};
    is_deeply [grep { -e "/tmp/perf-$_.map" } @pids], [], 'and its map is removed';
};

subtest 'what is refused' => sub {
    for my $case (['--frequency', 5, qr/bad frequency '5': from 10 to 10000/],
        ['--parts', "$tmp/none.yaml", qr/cannot open '\Q$tmp\E\/none\.yaml'/],
        ['--flame', "$tmp/no/folder.svg", qr/cannot create '\Q$tmp\E\/no\/folder\.svg'/]) {
        my ($option, $value, $message) = @$case;
        my ($code, undef, $err) = maxq('profile', $option, $value, 'http://127.0.0.1:9/');
        cmp_ok $code, '>', 0, "$option $value";
        like $err, qr/^maxq: $message/m, 'said in a line';
    }
    open my $f, '>', "$tmp/kept.svg" or die "$!";
    print $f 'of yesterday';
    close $f;
    my ($code) = maxq('profile', '--flame', "$tmp/kept.svg", 'http://127.0.0.1:9/');
    is $code, 1, 'nobody is there';
    is slurp("$tmp/kept.svg"), 'of yesterday', 'and what was there stays';
};

done_testing;
