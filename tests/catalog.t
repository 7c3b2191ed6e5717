# SPDX-License-Identifier: GPL-3.0-or-later
# The catalog: every stack of it is launched and answers rightly, what is wrong is found, and one's own can be added.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time sleep);
use MaxqTest;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();
my (undef, $listing) = maxq('stacks');
plan skip_all => "not all is installed: see maxq stacks" if $listing =~ /missing:/;
is_deeply [leftovers()], [], 'nothing was there before';

# Launching takes long, and two at a time less so.
my %checked;
my @waiting = (['all components'], map { [$_, $_] } qw(talk talk-workloads talk-links));
my @running;
while (@waiting || @running) {
    while (@waiting && @running < 2) {
        my ($name, @suite) = @{shift @waiting};
        my ($pid, $out) = start($maxq, 'stacks', '--ready', '30s', '--check', @suite);
        push @running, [$name, $pid, $out, time];
    }
    for my $one (splice @running) {
        my ($name, $pid, $out, $began) = @$one;
        if (waitpid($pid, POSIX::WNOHANG()) == $pid) {
            $checked{$name} = [$? >> 8, slurp($out), slurp("$out.err")];
            delete $MaxqTest::running{$pid};
        } elsif (time - $began > 300) {
            stop($pid);
            $checked{$name} = [-1, slurp($out), slurp("$out.err") . 'killed after 300 s'];
        } else {
            push @running, $one;
        }
    }
    sleep 0.05;
}
is_deeply [leftovers()], [], 'nothing is left of any check';

subtest 'all components' => sub {
    my ($code, $out, $err) = @{$checked{'all components'}};
    is $code, 0, 'exit status 0' or diag $err;
    my %answered = map { /([^,]+)$/ ? ($1 => 1) : () } $out =~ /^ok (\S+)$/mg;
    my @components = map { m{([^/]+)/component\.yaml$} } glob "$root/catalog/*/component.yaml";
    cmp_ok scalar @components, '>=', 15, 'there are many';
    is_deeply [sort keys %answered], [sort grep { $_ ne 'uwsgi' } @components], 'each answers all workloads, byte for byte';
};

for my $suite (qw(talk talk-links talk-workloads)) {
    subtest "suite $suite" => sub {
        my ($code, $out, $err) = @{$checked{$suite}};
        is $code, 0, 'exit status 0' or diag $err;
        is $err, '', 'without a complaint';
        my @rows = $out =~ /^ok (\S+)$/mg;
        my %described = map { $_ => 1 } slurp("$root/catalog/suites/$suite.yaml") =~ /\bstack: ("[^"]+"|[^,}]+)/g;
        cmp_ok scalar keys %described, '>=', 1, 'has stacks';
        is_deeply [sort @rows], [sort map { tr/"//dr } keys %described], 'all of them answer, each once';
    };
}

# Beside the check: what a framework answers, by a client of our own.
subtest 'the check is right' => sub {
    my ($pid, $url) = serve();
    for my $workload (qw(render_name render_table lookup)) {
        is MaxqTest::get("$url/$workload"), slurp("$root/catalog/workloads/$workload"), "/$workload";
    }
    stop($pid);
};

# A catalog of our own: that of maxq, and a folder.
my $catalog = "$tmp/catalog";
system 'cp', '-r', "$root/catalog", $catalog;

sub component {
    my ($name, %files) = @_;
    mkdir "$catalog/$name";
    for my $file (keys %files) {
        open my $f, '>', "$catalog/$name/$file" or die;
        print $f $files{$file};
        close $f;
    }
}

my $ours = slurp("$root/catalog/skeleton/skeleton.py") =~ s/hello from skeleton/hello from ours/r;
my $wsgi = "title: x\nabout: x\napplication: {interface: wsgi, entry: 'ours:application'}\n";
my $listens = "title: x\nabout: x\nlistens: {protocols: [http], tcp: '127.0.0.1:{port}'}\n";

subtest 'a component is added by a folder' => sub {
    component('ours', 'component.yaml' => $wsgi, 'ours.py' => $ours);
    my ($code, $out, $err) = maxq('stacks', '--catalog', $catalog, '--check', 'ours', 'nginx,uwsgi@http+unix,ours');
    is $code, 0, 'it is checked' or diag $err;
    is $out, "ok uwsgi,ours\nok nginx,uwsgi\@http+unix,ours\n", 'with the server that it needs';
    ($code, my $json) = maxq_json('bench', '--catalog', $catalog, '-c', 1, '-d', '100ms', '--rounds', 2, 'nginx,uwsgi,ours');
    cmp_ok $json->{results}[0]{maximum}{throughput_rps}, '>', 10, 'and measured';
    like((maxq('stacks', '--catalog', $catalog))[1], qr/^ours +x +wsgi application +installed$/m, 'and listed');
};

subtest 'files of another component' => sub {
    component('lent', 'component.yaml' => $wsgi . "home: ours\n");
    my ($code, $out, $err) = maxq('stacks', '--catalog', $catalog, '--ready', '2s', '--check', 'lent');
    is $code, 1, 'are used';
    like $err, qr/^FAILED uwsgi,lent: not ready .*another body than 'hello from lent\.\.\.'/, 'under their own name';
};

# What fails, each with what is said.
sub check_fails {
    my ($name, $stack, $why) = @_;
    subtest $name => sub {
        my ($code, $out, $err, $took) = maxq('stacks', '--catalog', $catalog, '--ready', '2s', '--check', $stack, 'skeleton-c');
        is $code, 1, 'exit status 1';
        like $err, $why, 'says why';
        is $out, "ok skeleton-c\n", 'the next one is checked';
        cmp_ok $took, '<', 30, 'in time';
        is_deeply [leftovers()], [], 'nothing is left';
    };
}

for my $workload (qw(render_name render_table lookup)) {
    my $wrong = $ours =~ s/("\/$workload": )\w+/$1hello/r;
    isnt $wrong, $ours, "another answer to /$workload";
    component('ours', 'ours.py' => $wrong);
    check_fails("a wrong answer to /$workload", 'ours', qr{^FAILED uwsgi,ours: '/$workload': it answered with another body than '}m);
}

component('fails', 'component.yaml' => $listens . "build: [sh, -c, 'echo line 7 is wrong; exit 2']\ncommand: [x]\n");
check_fails('a build that fails', 'fails', qr/^FAILED fails: 'sh' of fails ended with status 2; its output ends:\nline 7 is wrong$/m);

my $taken = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "listen: $!";
my $port = $taken->sockport;
component('taken', 'component.yaml' => $listens . "command: ['{maxq}', serve, --listen, '127.0.0.1:$port']\n");
check_fails('a port that is taken', 'taken', qr/^FAILED taken: taken ended with status 1; its log ends:\n.*127\.0\.0\.1:$port.*in use/mi);
close $taken;

subtest 'interrupted while it builds' => sub {
    component('slow', 'component.yaml' => $listens . "build: [sh, -c, 'echo \$\$ >\$0/pid; sleep 1000', '{build}']\ncommand: [x]\n");
    for my $signal (qw(INT KILL)) {
        my $file = "$ENV{XDG_CACHE_HOME}/maxq/slow/pid";
        unlink $file;
        my ($pid, $out) = start($maxq, 'stacks', '--catalog', $catalog, '--check', 'slow');
        my $builder = wait_until(sub { slurp($file) =~ /^(\d+)\n/ ? $1 : undef }, 20);
        ok $builder, "$signal: it builds" or diag slurp("$out.err");
        my $status = stop($pid, $signal);
        is $status >> 8, 130, 'exit status 130' if $signal eq 'INT';
        ok wait_until(sub { !-e "/proc/$builder" }, 10), 'the build ends';
        ok wait_until(sub { !leftovers() }, 10), 'nothing is left' or diag join "\n", leftovers();
    }
};

subtest 'what is missing is told at once' => sub {
    component('absent-a', 'component.yaml' => $listens . "needs: [no-such-a]\npackages: [pack-a, pack-b]\ncommand: [x]\n");
    component('absent-b', 'component.yaml' => $listens . "needs: [no-such-b]\npackages: [pack-b, pack-c]\ncommand: [x]\n");
    my @stacks = ('absent-a', 'skeleton-c', 'absent-b', 'nginx,absent-a');
    my ($code, $out, $err) = maxq('bench', '--catalog', $catalog, '-c', 1, '-d', '100ms', '--rounds', 2, @stacks);
    is $err, "maxq: 3 of the stacks cannot run yet: apt-get install pack-a pack-b pack-c\n", 'in one line, each package once';
    like $out, qr/^1 skeleton-c/m, 'what is there is measured';
    is $code, 1, 'exit status 1';
    is((maxq('bench', '--quiet', '--catalog', $catalog, '-c', 1, '-d', '100ms', '--rounds', 2, 'absent-a'))[2], '', 'not with --quiet');
};

subtest 'suites' => sub {
    for my $suite (map { m{([^/]+)\.yaml$} } glob "$root/catalog/suites/*.yaml") {
        my ($code, $out, $err) = maxq('stacks', $suite);
        is $code, 0, $suite or diag $err;
        is $err, '', 'can be read, with all of its stacks';
    }
    open my $f, '>', "$catalog/suites/own.yaml" or die;
    print $f "title: x\nabout: y\nrows:\n  - {stack: skeleton-c, name: one}\n  - {stack: skeleton-c\@http+unix}\n";
    close $f;
    my ($code, $json, $err) = maxq_json('bench', '--catalog', $catalog, '-c', 1, '-d', '100ms', '--rounds', 2, '--suite', 'own');
    is scalar @{$json->{results}}, 2, 'one of our own' or diag $err;
    ok !(grep { $_->{failed} } @{$json->{results}}), 'is measured';
    open $f, '>', "$catalog/suites/own.yaml" or die;
    print $f "title: x\nabout: y\nrows:\n  - {stak: skeleton-c}\n";
    close $f;
    ($code, my $out, $err) = maxq('bench', '--catalog', $catalog, '--suite', 'own');
    is $err, "maxq: $catalog/suites/own.yaml line 4: unknown key 'stak'\n", 'a mistake: file, line and key';
    is $code, 1, 'exit status 1';
};

is_deeply [leftovers()], [], 'nothing is left';
done_testing;
