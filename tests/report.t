# SPDX-License-Identifier: GPL-3.0-or-later
# The report page: the file that is written, and the page in a real browser (web/test/page.mjs).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use JSON::PP;
use MaxqTest;

my $data = "$root/tests/data";
my $pages = "$tmp/pages";
mkdir $pages;

sub write_json {
    my ($path, $json) = @_;
    open my $f, '>', $path or die "$path: $!";
    print $f JSON::PP->new->utf8->canonical->encode($json);
    close $f;
    return $path;
}

# The build goes on without npm or a network, and says so once.
subtest 'a build without the page' => sub {
    my ($web, $bin, $build) = map { "$tmp/without/$_" } qw(web bin build);
    system('mkdir', '-p', $web, $bin, $build);
    system('cp', '-r', (map { "$root/web/$_" } qw(src build.sh build.mjs package.json package-lock.json tsconfig.json)), $web);
    for my $tool (qw(sh dirname realpath mkdir cat cksum cmp cp cut find flock rm timeout)) {
        my ($path) = grep { -x } map { "$_/$tool" } split /:/, $ENV{PATH};
        symlink $path, "$bin/$tool" if $path;
    }
    my $fake = sub {
        open my $f, '>', "$bin/$_[0]" or die;
        print $f "#!/bin/sh\n$_[1]\n";
        close $f;
        chmod 0755, "$bin/$_[0]";
    };
    my $run = sub { local $ENV{PATH} = $bin; return MaxqTest::run_command(20, "$web/build.sh", "$build/page.html", "$build/page.S", @_) };

    my ($code, undef, $err) = $run->('auto');
    is $code, 0, 'no npm: it goes on';
    is $err, "no report page: npm is missing: install nodejs and npm (everything else is built; 'maxq report' will say so)\n", 'and says what to install';
    is -s "$build/page.html", 0, 'without a page';
    like slurp("$build/page.S"), qr/^report_page_size:\n\.quad/m, 'but what the program looks for';
    is_deeply [($run->('auto'))[0, 2]], [0, ''], 'once';
    is_deeply [($run->('enabled'))[0, 2]], [1, "cannot build the report page: npm is missing: install nodejs and npm\n"], 'unless it is insisted on';
    $fake->('npm', 'echo no network >&2; exit 1');
    $fake->('node', 'exit 1');
    like(($run->('auto'))[2], qr/^no report page: it needs Node.js 18 or newer /, 'an old node');
    $fake->('node', 'exit 0');
    ($code, undef, $err) = $run->('auto');
    is $code, 0, 'no network: it goes on';
    like $err, qr/^no report page: npm cannot fetch its packages [^\n]*\n$/, 'and says so in one line';
    is slurp("$web/dist/npm.log"), "no network\n", 'what npm said is kept';
    is_deeply [($run->('disabled'))[0, 2]], [0, ''], 'disabled: not a word';
};

my ($code, $out, $err) = maxq('report', '-o', "$pages/sweep.html", "$data/report_sweep.json");
if ($code == 1 && $err =~ /built without the report page/) {
    like $err, qr/^maxq: [^\n]*: install nodejs and npm, then build it again\n$/, 'without the page: what to do';
    ok !-e "$pages/sweep.html", 'and no file';
    done_testing;
    exit;
}

subtest 'the file' => sub {
    is $code, 0, 'written' or diag $err;
    is $out, "written to '$pages/sweep.html': open it in a browser\n", 'says where';
    my $html = slurp("$pages/sweep.html");
    like $html, qr/^<!DOCTYPE html>.*<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-/s, 'a page with a policy';
    unlike $html, qr/(?:src|href)\s*=\s*["']?https?:/i, 'that loads nothing';
    my ($embedded) = $html =~ m{<script type="application/json" id="data">(.*?)</script>}s;
    is_deeply decode_json($embedded)->{runs}[0]{result}, json_file("$data/report_sweep.json"), 'with all of the result';
    is((maxq('report', '-o', '-', "$data/report_sweep.json"))[1], $html, 'the same to standard output');

    is_deeply [(maxq('report', '-o', $pages, "$data/report_sweep.json"))[0, 2]], [1, "maxq: '$pages' is a folder: name a file in it\n"], 'not a folder';
    is slurp("$pages/sweep.html"), $html, 'what was there';
    is((maxq('report', '-o', "$pages/sweep.html", "$data/none.json"))[0], 1, 'a file that is not there');
    is slurp("$pages/sweep.html"), $html, 'leaves what was there';
    like((maxq('report', '-o', "$pages/x.html", "$root/README.md"))[2], qr/^maxq: cannot read '[^']*README.md': line 1: /, 'no JSON');
    like((maxq('report', '-o', "$pages/x.html", write_json("$tmp/other.json", {a => 1})))[2], qr/^maxq: cannot show '[^']*': this is not a result of maxq$/, 'no result');
    like((maxq('report', '-o', "$tmp/no/x.html", "$data/report_sweep.json"))[2], qr{^maxq: cannot create '\Q$tmp\E/no/x.html}, 'no such folder');
    is_deeply [glob "$pages/*"], ["$pages/sweep.html"], 'and leaves nothing behind';
};

subtest 'of the history' => sub {
    like((maxq('report', '-o', "$pages/x.html"))[2], qr/^maxq: /, 'nothing is stored yet');
    is((maxq('import', "$data/report_$_.json"))[0], 0, "$_ imported") for qw(bench bench_later);
    is((maxq('report', '-o', "$pages/compare.html", 1, 2))[0], 0, 'by number');
    my ($embedded) = slurp("$pages/compare.html") =~ m{id="data">(.*?)</script>}s;
    is_deeply [map { $_->{source} } @{decode_json($embedded)->{runs}}], ['run 1', 'run 2'], 'two runs';
    my ($newest) = (maxq('report', '-o', '-'))[1] =~ m{id="data">(.*?)</script>}s;
    is decode_json($newest)->{runs}[0]{source}, 'run 2', 'the last one, unless named';
    my ($first) = (maxq('report', '-o', '-', '-2'))[1] =~ m{id="data">(.*?)</script>}s;
    is decode_json($first)->{runs}[0]{source}, 'run 1', 'or counted from the end';
    like((maxq('report', '-o', "$pages/x.html", 77))[2], qr/^maxq: no run '77'/, 'none of that number');
};

is((maxq('report', '-o', "$pages/$_.html", "$data/report_$_.json"))[0], 0, "a page of $_") for qw(bench reference layers profile slo);

# Whoever names a stack, or answers with a header, shall not get into the page.
my @hostile = ('</script><img src=x onerror="window.hacked=1">', '<!--<script>window.hacked=1</script>', '"><svg onload=window.hacked=1>',
    "\x{2028}'-alert(1)-'", '{{7*7}}<iframe srcdoc="<script>parent.hacked=1</script>">', 'javascript:alert(1)');
my $turn = 0;
sub hostile {
    my ($value, $key) = @_;
    return [map { hostile($_, $key) } @$value] if ref $value eq 'ARRAY';
    return {map { (($key // '') =~ /^(?:settings|versions|error_examples)$/ ? "$_$hostile[$turn++ % @hostile]" : $_) => hostile($value->{$_}, $_) } sort keys %$value} if ref $value eq 'HASH';
    return $value if ref $value || !defined $value || $value =~ /^-?[0-9.eE+-]*$/ || ($key // '') =~ /^(?:command|started_at|io|protocol|socket)$/;
    return "$value $hostile[$turn++ % @hostile]";
}
my $hostile = hostile(json_file("$data/report_sweep.json"));
is((maxq('report', '-o', "$pages/hostile.html", write_json("$tmp/hostile.json", $hostile)))[0], 0, 'a hostile page');

# And what is of another type than it should be is unknown.
my $odd = json_file("$data/report_sweep.json");
$odd->{$_} = 'text' for qw(ranking layers findings versions);
$odd->{host} = [1];
$odd->{results} = [{%{$odd->{results}[0]}, curve => [], usl => 7, limit => 'x', why_not_valid => {}, phases => [1], slo => 'x'},
    {name => 5, steps => 'none', maximum => []}, {name => 'b', maximum => {throughput_rps => 'fast', clients => -1, ci95_rps => [1]},
    steps => [{}, {clients => 1, throughput_rps => 1e300, latency_us => [], cpu => {processes => 'x'}, checks => {}}, {clients => 2, throughput_rps => 0}]}, {}];
is((maxq('report', '-o', "$pages/odd.html", write_json("$tmp/odd.json", $odd)))[0], 0, 'an odd page');

# undef: the browser
browser_ok('page.mjs', $pages, undef);

done_testing;
