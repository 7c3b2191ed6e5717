# SPDX-License-Identifier: GPL-3.0-or-later
# compare and gate: what differs between two runs, what is refused, what may pass; and the formats that others read.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Compress::Zlib ();
use MIME::Base64 qw(decode_base64);
use Storable qw(dclone);
use Test::More;
use MaxqTest;

sub write_json {
    my ($name, $json) = @_;
    open my $f, '>', "$tmp/$name" or die $!;
    print $f JSON::PP->new->canonical->encode($json);
    close $f;
    return "$tmp/$name";
}

# Whether Python reads it as what it should be; undef: nobody here can tell.
sub python {
    my ($code, @args) = @_;
    open my $f, '>', "$tmp/check.py" or die $!;
    print $f $code;
    close $f;
    return system("python3 $tmp/check.py @args >$tmp/python.out 2>&1") == 0;
}
my $validate = 'import json, sys, jsonschema; jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))';
my $has_schema = python('import jsonschema');

my ($server, $url) = serve();

# A real run, of which others are made whose truth is known.
my ($code, $json) = maxq_json('load', '-c', 2, '-n', 2000, '--label', 'branch=main', "$url/hello");
ok $json, 'a run' or BAIL_OUT('nothing to compare');

# What its step would be with these figures, and intervals of so many percent either way.
sub run_like {
    my (%to) = @_;
    my $copy = dclone($json);
    my $result = $copy->{results}[0];
    my $step = $result->{steps}[0];
    my $half = $to{half} // 0.01;
    my $interval = sub { my ($value) = @_; return [$value * (1 - $half), $value * (1 + $half)] };
    $result->{valid} = $to{invalid} ? JSON::PP::false : JSON::PP::true;
    $result->{why_not_valid} = $to{invalid} ? [$to{invalid}] : [];
    $result->{failed_checks} = $to{invalid} ? [undef] : [];
    $step->{valid} = JSON::PP::true;
    $step->{independent_windows} = $to{independent} // 60;
    $step->{duration_s} = 10;
    $step->{throughput_rps} = $to{rps} // 20000;
    $step->{throughput_ci95_rps} = $interval->($to{rps} // 20000);
    my $process = $step->{cpu}{processes}[0] or BAIL_OUT('the server is not visible');
    $process->{component} = $to{component} if $to{component};
    $step->{cpu}{processes} = [$process];
    ($process->{user_us_per_request}, $process->{system_us_per_request}) = map { $_ * ($to{cost} // 10) } 0.25, 0.75;
    $process->{ci95_us_per_request} = $step->{cpu}{processes_ci95_us_per_request} = $interval->($to{cost} // 10);
    for my $p (qw(p50 p90 p99 p999)) {
        $step->{latency_us}{$p} = $to{$p} // 100;
        $step->{latency_ci95_us}{$p} = $interval->($to{$p} // 100);
    }
    $step->{errors}{timeout} = $to{errors} // 0;
    $step->{clients} = $to{clients} if $to{clients};
    $copy->{host}{kernel} = $to{kernel} if $to{kernel};
    $result->{name} = $to{name} if defined $to{name};
    return $copy;
}

my $base = write_json('base.json', run_like());
my $worse = write_json('worse.json', run_like(cost => 11, p99 => 100.5));

subtest 'two files' => sub {
    my ($code, $out, $err) = maxq('compare', $base, $worse);
    is $code, 0, 'compared' or diag $err;
    like $out, qr/^A  \Q$base\E: load, /m, 'what A is';
    like $out, qr/^cost a request +10\.00 us +11\.00 us \+10\.0 % +\+8\.\d % to \+11\.\d % B is worse$/m, 'a difference';
    like $out, qr/^throughput .* no difference shown$/m, 'and none';
    like $out, qr/^latency p99 .* no difference shown$/m, 'which may be so small that it is not shown';
    like $out, qr/^  user .* not known$/m, 'and what is not known';
    my ($result) = JSON::PP->new->decode((maxq('compare', $base, $worse, '--json', '-'))[1]);
    my ($cost) = grep { $_->{figure} eq 'cost' } @{$result->{rows}[0]{differences}};
    is $cost->{difference}, 'more', 'the same as JSON';
    ok abs($cost->{change} - 0.1) < 1e-9 && $cost->{change_ci95}[0] > 0.08 && $cost->{p} < 0.001, 'with its interval';
    # MOVER on logarithms of +- 1 % each, by hand
    my $half = sqrt(log(1 / 0.99) ** 2 + log(1.01) ** 2);
    ok abs(log(1 + $cost->{change_ci95}[0]) - (log(1.1) - $half)) < 1e-9, 'as it is by hand';
    ok !$result->{paired} && !@{$result->{not_alike}}, 'and that it is of two runs, which are alike';
    SKIP: {
        skip 'no jsonschema here', 1 if !$has_schema;
        ok python($validate, write_json('c.json', $result), "$root/docs/compare.schema.json"), 'as its schema says' or diag slurp("$tmp/python.out");
    }
    my $markdown = (maxq('compare', $base, $worse, '--markdown', '-'))[1];
    like $markdown, qr/^\| cost a request \| 10\.00 us \| 11\.00 us \| \+10\.0 % \|.*\| B is worse \|$/m, 'as Markdown';
    is((maxq('compare', $base, $worse, '--quiet', '--json', "$tmp/out.json"))[1], '', '--quiet');
    is json_file("$tmp/out.json")->{rows}[0]{differences}[0]{figure}, 'throughput', 'and a file';
    my $brief = write_json('brief.json', run_like(independent => 5));
    like((maxq('compare', $base, $brief))[1], qr/shown \*\n.*^\* measured too briefly/ms, 'an interval that is a guess is told');
};

subtest 'what is not alike is refused' => sub {
    my $other = write_json('other.json', run_like(kernel => 'Linux 1.0', clients => 64));
    my ($code, $out, $err) = maxq('compare', $base, $other);
    is $code, 1, 'exit status 1';
    is $out, '', 'nothing else';
    like $err, qr/^maxq: .* cannot be compared: kernel: '.*' and 'Linux 1\.0'; clients: '2' and '64'; --anyway does it all the same\n$/, 'says what differs';
    ($code, $out) = maxq('compare', '--anyway', $base, $other);
    is $code, 0, '--anyway';
    like $out, qr/^NOT ALIKE  clients: '2' and '64'$/m, 'says it, too';
    like $out, qr/no latencies are compared/, 'and leaves out what would say nothing';
    is((maxq('gate', '--baseline', $base, $other))[0], 1, 'a gate refuses it, too');
    my ($close) = maxq('load', '-c', 2, '-n', 500, '--no-keepalive', "$url/hello");
    ($code, $out, $err) = maxq('compare', 'branch=main', 'last');
    like $err, qr/cannot be compared: .*keepalive: 'true' and 'false'/, 'the load of two runs';
};

subtest 'runs of the history' => sub {
    maxq('load', '-c', 2, '-n', 2000, '--label', 'branch=new', "$url/hello");
    for my $names (['1', '3'], ['branch=main', 'branch=new'], ['-3', '-1'], ['1', 'last']) {
        my ($code, $out, $err) = maxq('compare', @$names);
        is $code, 0, "runs @$names" or diag $err;
        like $out, qr/^A  run 1\b.*^B  run 3\b/ms, 'in that order';
    }
    for my $case (
        [['compare', 'branch=gone', '1'], qr/no run with label 'branch=gone'/],
        [['compare', '99', '1'],          qr/99/],
        [['compare', 'gone.json', '1'],   qr/cannot open 'gone\.json': no such file, and no run either/],
        [['gate', '1'],                   qr/'run 1' is one run: name the other one, too/],
    ) {
        my ($code, $out, $err) = maxq(@{$case->[0]});
        is $code, 1, "maxq @{$case->[0]}";
        like $err, qr/^maxq: [^\n]*\n$/, 'one line';
        like $err, $case->[1], 'says why';
    }
};

subtest 'the gate' => sub {
    my $near = write_json('near.json', run_like(cost => 10.25));
    my $noisy = write_json('noisy.json', run_like(cost => 10.2, half => 0.05));
    my $slow = write_json('slow.json', run_like(rps => 15000, p99 => 150));
    my $wrong = write_json('wrong.json', run_like(errors => 500));
    my $invalid = write_json('invalid.json', run_like(cost => 11, invalid => 'the machine was away'));
    for my $case (
        [0, 'no change',                    $base],
        [3, 'more cost',                    $worse],
        [0, 'not so much',                  $worse, '--max-cost-increase', '20%'],
        [4, 'too near to say',              $near],
        [4, 'too noisy to say',             $noisy],
        [0, 'cost is all that is asked',    $slow],
        [3, 'less throughput',              $slow, '--max-throughput-decrease', '10%'],
        [0, 'not so much less',             $slow, '--max-throughput-decrease', '40%'],
        [3, 'latency',                      $slow, '--max-p99-increase', '10%'],
        [0, 'half of it',                   $slow, '--max-p50-increase', '10%'],
        [3, 'errors',                       $wrong, '--max-errors', '0.1%'],
        [0, 'not so many',                  $wrong, '--max-errors', '50%'],
        [3, 'the worst of several decides', $worse, '--max-cost-increase', '3%', '--max-throughput-decrease', '10%'],
        [4, 'what is not valid',            $invalid],
        [3, 'is judged anyway',             $invalid, '--anyway'],
    ) {
        my ($status, $name, $file, @options) = @$case;
        my ($code, $out, $err) = maxq('gate', '--baseline', $base, @options, $file);
        is $code, $status, $name or diag $out, $err;
        like $out, $status == 0 ? qr/^gate: PASSED$/m : $status == 3 ? qr/^gate: FAILED$/m : qr/^gate: TOO NOISY$/m, 'and says so';
    }
    like((maxq('gate', '--baseline', $base, $noisy))[1], qr/about \d+ s of each would say, instead of 10\.0 s/, 'what would be needed');
    my $blind = run_like();
    $blind->{results}[0]{steps}[0]{cpu}{processes} = [];
    my ($code, $out, $err) = maxq('gate', '--baseline', $base, write_json('blind.json', $blind));
    is $code, 1, 'a cost that was not measured passes nothing';
    like $err, qr/^maxq: the gate cannot tell: /, 'and that is said';
    is((maxq('gate', '--baseline', $base, $worse, '--max-cost-increase', '3'))[0], 2, 'a bound is in percent');
    is((maxq('gate', '--baseline', $base))[0], 2, 'what is to be judged is missing');
};

# Names are of anyone's choosing.
my $evil = qq^<img src=x onerror="a()">|`[x](http://e)\n\x1b[31m"} 1\n# EOF\n'&^;
my $evil_base = write_json('evil_base.json', run_like(name => $evil, component => '<b>|'));
my $evil_worse = write_json('evil_worse.json', run_like(name => $evil, component => '<b>|', cost => 11, invalid => ']]><script>|'));

subtest 'what a gate leaves behind' => sub {
    my @files = ('--junit', "$tmp/gate.xml", '--markdown', "$tmp/gate.md", '--json', "$tmp/gate.json");
    my ($code, $out, $err) = maxq('gate', '--baseline', $evil_base, $evil_worse, '--anyway', '--max-cost-increase', '3%',
        '--max-throughput-decrease', '10%', @files);
    is $code, 3, 'failed' or diag $err;
    unlike $out, qr/\x1b|^# EOF/m, 'nothing of a name controls a terminal, or is a line of its own';
    my $xml = 'import sys, xml.etree.ElementTree as E; s = E.parse(sys.argv[1]).getroot()[0]; c = s.findall("testcase");'
        . 'assert (s.get("tests"), s.get("failures"), s.get("errors")) == ("2", "1", "0"), s.attrib;'
        . 'assert [len(x.findall("failure")) for x in c] == [0, 1] and c[0].get("classname").startswith("<img src=x onerror="), c';
    ok python($xml, "$tmp/gate.xml"), 'JUnit: two cases, of which one failed' or diag slurp("$tmp/python.out");
    my $markdown = slurp("$tmp/gate.md");
    like $markdown, qr/^### maxq gate: FAILED$/m, 'Markdown';
    unlike $markdown, qr/<(?!\/?details>|\/?summary>)|\]\(|\x1b|`/, 'without any markup of a name';
    is scalar(grep { tr/|// != 5 } grep { /^\| (?:PASSED|FAILED) / } split /\n/, $markdown), 0, 'and no cell of its own';
    is json_file("$tmp/gate.json")->{gate}{verdict}, 'failed', 'JSON';
    SKIP: {
        skip 'no jsonschema here', 1 if !$has_schema;
        ok python($validate, "$tmp/gate.json", "$root/docs/compare.schema.json"), 'as its schema says' or diag slurp("$tmp/python.out");
    }
    ok python('import sys, xml.etree.ElementTree as E; s = E.parse(sys.argv[1]).getroot()[0]; assert s.get("errors") == "1"', "$tmp/noisy.xml"),
        'what is too noisy is no pass' if maxq('gate', '--baseline', $base, "$tmp/noisy.json", '--junit', "$tmp/noisy.xml");
    ($code, $out) = maxq('gate', '--baseline', $base, '--junit', '-', $base);
    like $out, qr/^<\?xml/, '- is standard output, which then has nothing else';
    ($code, $out, $err) = maxq('gate', '--baseline', $base, '--junit', '/proc/no/x', $base);
    is $code, 1, 'what cannot be written is no pass either';
    like $err, qr/^maxq: cannot /, 'and is told';
};

# The rules of OpenMetrics 1.0.0, as far as they concern gauges, infos and summaries.
sub check_openmetrics {
    my ($text) = @_;
    my (%type, %seen, $family, %done, @wrong);
    push @wrong, 'no end' if $text !~ s/^# EOF\n\z//m;
    for my $line (split /\n/, $text) {
        if ($line =~ /^# (TYPE|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/) {
            if (!defined $family || $family ne $2) {
                push @wrong, "$2 comes twice" if $done{$2}++;
                $family = $2;
            }
            $type{$2} = $3 if $1 eq 'TYPE';
            push @wrong, "type $3" if $1 eq 'TYPE' && $3 !~ /^(?:gauge|info|summary)$/;
            next;
        }
        my ($name, $labels, $value) = $line =~ /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\["\\n])*",?)*)\})? (-?[0-9.]+(?:e[-+]?[0-9]+)?)$/
            or do { push @wrong, "line '$line'"; next };
        my $of = defined $family && $type{$family} ? $family . ($type{$family} eq 'info' ? '_info' : '') : '';
        push @wrong, "'$name' is not of its family" if $name ne $of;
        push @wrong, "'$line' comes twice" if $seen{$name . ($labels // '')}++;
        push @wrong, "a quantile in '$line'" if $type{$family} eq 'summary' && $labels !~ /quantile="(?:0\.\d+|0|1)"/;
    }
    return (\@wrong, scalar keys %seen);
}

subtest 'formats of others' => sub {
    my ($code, $out, $err) = maxq('show', '1', '--openmetrics', '-');
    my ($wrong, $n) = check_openmetrics($out);
    is_deeply $wrong, [], 'OpenMetrics' or diag $out;
    cmp_ok $n, '>', 10, 'with all figures';
    like $out, qr/^maxq_cost_cpu_seconds\{row="0",name="\Q$url\E\/hello",mode="system"\} [0-9.e-]+$/m, 'cost';
    maxq('import', $evil_worse);
    ($wrong) = check_openmetrics((maxq('show', 'last', '--openmetrics', '-'))[1]);
    is_deeply $wrong, [], 'whatever the name';
    ok @{(check_openmetrics("# TYPE a gauge\na{x=\"\"\"} 1\n# EOF\n"))[0]}, 'and the check can fail';
    ($code, $out) = maxq('show', '1', '--csv', '-');
    my @lines = split /\n/, $out;
    is @lines, 2, 'CSV: a header, and a step';
    is scalar(split(/,/, $lines[1], -1)), scalar(split(/,/, $lines[0])), 'with as many fields';
    my %field;
    @field{split /,/, $lines[0]} = split /,/, $lines[1], -1;
    is $field{completed}, $json->{results}[0]{steps}[0]{completed}, 'the same figures';
    ok python('import csv, sys; r = list(csv.reader(open(sys.argv[1]))); assert len({len(x) for x in r}) == 1 and len(r) == 2, r', "$tmp/evil.csv"),
        'whatever the name' or diag slurp("$tmp/python.out") if maxq('show', 'last', '--csv', "$tmp/evil.csv");
    like((maxq('show', '1', '--markdown', '-'))[1], qr/^\|  \| 2 \| [0-9.k]+ \|/m, 'Markdown');
    my (undef, $evil_page) = maxq('show', 'last', '--markdown', '-');
    unlike $evil_page, qr/<|\]\(|\x1b|`/, 'without markup of a name';
    ($code, $out) = maxq('sweep', '-c', '1,2', '-d', '100ms', '--csv', '-', '--markdown', "$tmp/sweep.md", "$url/hello");
    like $out, qr/^started_at,.*\n(?:[^\n]*,sweep,[^\n]*\n){2,}\z/, 'also of a run as it ends';
    like slurp("$tmp/sweep.md"), qr/^\| \*\*maximum\*\* \|/m, 'both';
};

subtest 'a log of HdrHistogram' => sub {
    maxq('load', '-c', 2, '-d', '300ms', "$url/hello");
    my ($code, $out) = maxq('show', '--hdr', '-', 'last');
    my $step = JSON::PP->new->decode((maxq('show', 'last', '--json', '-'))[1])->{results}[0]{steps}[0];
    is((split /\n/, $out)[0], '#[Histogram log format version 1.3]', 'its first line');
    my ($max, $base64) = $out =~ /^Tag=http:[^,\s]*,0\.000,[0-9.]+,([0-9.]+),([A-Za-z0-9+\/=]+)$/m;
    ok $base64, 'a histogram' or return;
    my ($cookie, $length, $deflated) = unpack 'N N a*', decode_base64($base64);
    is_deeply [$cookie, $length], [0x1c849314, length $deflated], 'compressed';
    my $plain = Compress::Zlib::uncompress($deflated);
    my @head = unpack 'N N N N Q> Q> d>', $plain;
    is_deeply \@head, [0x1c849313, length($plain) - 40, 0, 3, 1, 2**38 - 1, 1], 'of 3 digits';
    # all counts, and where half of them is
    my ($index, $total, @counts) = (0, 0);
    my @bytes = unpack 'C*', substr $plain, 40;
    while (@bytes) {
        my ($value, $shift, $byte) = (0, 0);
        do { $byte = shift @bytes; $value |= ($byte & 0x7f) << $shift; $shift += 7 } while $byte & 0x80;
        my $count = $value & 1 ? -($value + 1) / 2 : $value / 2;
        push @counts, [$index, $count] if $count > 0;
        $total += $count if $count > 0;
        $index += $count < 0 ? -$count : 1;
    }
    my $sum = 0;
    my ($half) = grep { ($sum += $_->[1]) >= $total / 2 } @counts;
    my ($bucket, $sub) = ($half->[0] >> 10, ($half->[0] & 1023) + 1024);
    my $ns = $bucket ? $sub << ($bucket - 1) : $half->[0];
    ok abs($ns / 1e3 - $step->{latency_us}{p50}) < 0.002 * $step->{latency_us}{p50}, 'its median is that of the run';
    cmp_ok abs($max * 1e3 - $step->{latency_us}{max}), '<', 1, 'and so is its maximum';
};

my ($other, $other_url) = serve('--burn', '300us');
my @short = ('--ab', '-c', 2, '-d', '100ms', '--warmup', '50ms');

subtest 'two servers in turn' => sub {
    my ($code, $out, $err) = maxq('compare', @short, '--rounds', 8, '--seed', 7, '--json', "$tmp/ab.json", "$url/hello", "$other_url/hello");
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    like $out, qr/^cost a request .* B is worse$/m, 'which differ' or diag $out;
    my $ab = json_file("$tmp/ab.json");
    is $ab->{command}, 'compare', 'the command';
    is $ab->{settings}{seed}, 7, 'its seed';
    is_deeply [map { $_->{name} } @{$ab->{results}}], ["A: $url/hello", "B: $other_url/hello"], 'who is who';
    is_deeply [map { scalar @{$_->{rounds_rps}} } @{$ab->{results}}], [8, 8], 'rounds of both';
    ok $ab->{comparison}{paired}, 'in pairs';
    my ($cost) = grep { $_->{figure} eq 'cost' } @{$ab->{comparison}{rows}[0]{differences}};
    cmp_ok $cost->{b} - $cost->{a}, '>', 250, 'by what it burns';
    # the mean of blocks of two rounds, by hand
    my @costs = map { my $r = $_; [map { my $i = $_; my $sum = 0;
        $sum += $_->{user_us_per_request}[$i] + $_->{system_us_per_request}[$i] for @{$r->{rounds_cost}}; $sum } 0 .. 7] } @{$ab->{results}};
    my $mean = 0;
    $mean += log(($costs[1][2 * $_] + $costs[1][2 * $_ + 1]) / ($costs[0][2 * $_] + $costs[0][2 * $_ + 1])) / 4 for 0 .. 3;
    ok abs(exp($mean) - 1 - $cost->{change}) < 1e-6 * exp($mean), 'as it is by hand';
    SKIP: {
        skip 'no jsonschema here', 1 if !$has_schema;
        ok python($validate, "$tmp/ab.json", "$root/docs/result.schema.json"), 'as the schema says' or diag slurp("$tmp/python.out");
    }
    is((maxq('show', 'last'))[1], $out, 'it is kept, and shown again as it was');
    my ($gate, $why) = maxq('gate', 'last', '--anyway');
    is $gate, 3, 'its A is a baseline' or diag $why;
    ($gate) = maxq('gate', "$tmp/ab.json", '--anyway');
    is $gate, 3, 'from the file, too';
    stop($other);
};

subtest 'two stacks in turn' => sub {
    system('cp', '-r', "$root/catalog", "$tmp/catalog");
    my ($code, $out, $err) = maxq('compare', @short, '--rounds', 2, '--catalog-b', "$tmp/catalog", 'skeleton-c', 'skeleton-c');
    ok $code == 0 || $code == 4, 'measured' or diag $out, $err;
    like $out, qr/^A: skeleton-c and B: skeleton-c, 2 clients$/m, 'the same of two catalogs';
    like $out, qr/^throughput .* not known$/m, 'of which one block says nothing';
    is_deeply [leftovers()], [], 'and nothing is left';
    ($code, $out, $err) = maxq('compare', '--ab', '--catalog-b', "$tmp/none", 'skeleton-c', 'skeleton-c');
    is $code, 1, 'a catalog that is not there';
};

for my $case (
    [['compare'],                                            qr/compare takes two/],
    [['compare', 'last'],                                    qr/compare takes two/],
    [['compare', '--ab', 'http://127.0.0.1:1/', 'nginx'],    qr/two targets or two stacks, not one of each/],
    [['compare', '--ab', '-c', '1,2', 'nginx', 'nginx'],     qr/compare takes one number of clients/],
    [['compare', '--ab', '--seed', 'x', 'nginx', 'nginx'],   qr/bad seed 'x'/],
    [['compare', '--ab', '--catalog-b', '/x', 'http://127.0.0.1:1/', 'http://127.0.0.1:1/'], qr/--catalog-b is for stacks/],
) {
    my ($code, $out, $err) = maxq(@{$case->[0]});
    is $code, 2, "maxq @{$case->[0]}";
    like $err, $case->[1], 'says why';
}

stop($server);
done_testing;
