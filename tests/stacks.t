# SPDX-License-Identifier: GPL-3.0-or-later
# maxq stacks: what it lists and shows, and how it installs what is missing (with an apt-get of our own).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

my $catalog = "$tmp/catalog";
system 'cp', '-r', "$root/catalog", $catalog;

sub component {
    my ($name, $yaml) = @_;
    mkdir "$catalog/$name";
    open my $f, '>', "$catalog/$name/component.yaml" or die;
    print $f "title: of $name\nabout: about $name\n$yaml";
    close $f;
}

sub stacks { return maxq('stacks', '--catalog', $catalog, @_) }

my $listens = "listens: {protocols: [http], tcp: '{port}'}\n";
component('plain', $listens . "command: [plain, 'two words', '{listen}', \"it's\"]\nenv: ['WHERE={dir}/{port}']\n"
        . "version: [echo, Plain 1.2]\nfiles: [plain.conf]\n");
component('absent', $listens . "command: [x]\nneeds: [no-such-program]\npackages: [pack-a, pack-b]\nversion: [no-such-program]\n");
component('nowhere', $listens . "command: [x]\nneeds: [/no/such/file]\n");
open my $conf, '>', "$catalog/plain/plain.conf" or die;
print $conf "listen {listen}\nlast line of {name}";
close $conf;

subtest 'the list' => sub {
    my ($code, $out, $err) = stacks();
    is $code, 0, 'exit status 0' or diag $err;
    for my $name (map { m{([^/]+)/component\.yaml$} } glob "$catalog/*/component.yaml") {
        like $out, qr/^\Q$name\E +\S/m, $name;
    }
    like $out, qr/^uwsgi +uWSGI +server for wsgi +\S/m, 'a server for applications';
    like $out, qr/^flask +Flask +wsgi application +\S/m, 'an application';
    like $out, qr/^nginx +nginx +front +\S/m, 'a front';
    like $out, qr/^plain +of plain +server +installed$/m, 'a server';
    like $out, qr/^absent +of absent +server +missing: pack-a pack-b$/m, 'what is missing, by its packages';
    like $out, qr{^nowhere +of nowhere +server +missing: /no/such/file$}m, 'or by what it needs';
    like $out, qr/^missing: apt-get install .*\bpack-a pack-b\b/m, 'and all of it in one line';
    like $out, qr/^talk +baseline costs of web frameworks +15\ntalk-links /m, 'suites, by their names';
    unlike((stacks('--quiet'))[1], qr/./, '--quiet');
};

subtest 'a component' => sub {
    my ($code, $out, $err) = stacks('plain');
    is $code, 0, 'exit status 0' or diag $err;
    like $out, qr/^plain: of plain: about plain$/m, 'what it is';
    like $out, qr/^  version +Plain 1\.2$/m, 'its version, by asking it';
    like $out, qr/^  reached by +http over tcp$/m, 'its links';
    like $out, qr/^  command +plain 'two words' \{listen\} 'it'\\''s'$/m, 'its command, as one would type it';
    like $out, qr/^  files +plain\.conf$/m, 'its files';
    ($code, $out, $err) = stacks('absent');
    is $code, 0, 'one that is not installed can be shown';
    like $out, qr/^  missing +'no-such-program': apt-get install pack-a pack-b$/m, 'with the line that installs it';
    like $out, qr/^  version +not known$/m, 'and is not asked for its version';
    SKIP: {
        skip 'no Django here', 1 if !-e '/usr/lib/python3/dist-packages/django';
        like((stacks('django-bare'))[1], qr/^  version +Django \d+\.\d+/m, 'a real version');
    }
    my ($maxq_code, $maxq_out) = stacks('skeleton-c');
    like $maxq_out, qr/^  version +maxq \d+\.\d+\.\d+$/m, 'our own';
};

subtest 'a stack' => sub {
    my ($code, $out, $err) = stacks('nginx@http+tcp,plain');
    is $code, 0, 'exit status 0' or diag $err;
    like $out, qr/^nginx\@http\+tcp,plain$/m, 'the chain';
    like $out, qr/^  plain +reached by http over tcp; Plain 1\.2$/m, 'links and versions';
    like $out, qr/^Ports and folders as they would be chosen now/m, 'says what will be different';
    my ($dir) = $out =~ m{^plain, in (/\S+)$}m;
    my ($port) = $out =~ m{^  command +plain 'two words' (\d+) 'it'\\''s'$}m;
    ok $port, 'a port is chosen';
    like $out, qr/^  environment +WHERE=\Q$dir\E\/$port PATH=/m, 'the environment';
    like $out, qr{^  \Q$dir\E/plain\.conf\n    \| listen $port\n    \| last line of plain$}m, 'its files, rendered';
    like $out, qr{proxy_pass http://127\.0\.0\.1:$port;}, 'the front passes on to that port';
    ok !-e $dir, 'the folder is removed again';
    is_deeply [leftovers()], [], 'nothing is left';
};

subtest 'what could steer a terminal' => sub {
    component('steers', $listens . "command: [\"\\e[1mx\"]\npackages: []\nfiles: [conf]\nversion: [printf, \"\\\\033[5mv\"]\n");
    open my $f, '>', "$catalog/steers/conf" or die;
    print $f "a\e[2mb\n";
    close $f;
    for my $name ('steers', 'nginx,steers') {
        my ($code, $out, $err) = stacks($name);
        is $code, 0, $name or diag $err;
        like $out, qr/\?\[1mx/, 'its text is shown';
        unlike $out, qr/[^\n\x20-\x7e]/, 'without control characters';
    }
    system 'rm', '-r', "$catalog/steers";
};

subtest 'a suite' => sub {
    my ($code, $out, $err) = stacks('talk');
    is $code, 0, 'exit status 0' or diag $err;
    like $out, qr/^row +stack +workload +the talk +state$/m, 'a table, with the name of the reference';
    like $out, qr/^Django\* +nginx,uwsgi\@uwsgi\+unix,django-bare +- +816 +\S/m, 'its rows';
    open my $f, '>', "$catalog/suites/own.yaml" or die;
    print $f "title: x\nabout: y\nrows:\n  - {stack: absent, name: one}\n  - {stack: plain, workload: /lookup}\n";
    close $f;
    ($code, $out) = stacks('own');
    like $out, qr/^one +absent +- +- +missing: pack-a pack-b$/m, 'what is missing of a row';
    like $out, qr/^plain +plain +\/lookup +- +installed$/m, 'and what is not';
    like $out, qr/^missing: apt-get install pack-a pack-b$/m, 'in one line';
};

subtest 'several, and what is refused' => sub {
    my ($code, $out, $err) = stacks('plain', 'nobody', 'absent');
    is $code, 1, 'exit status 1';
    like $err, qr{^maxq: no component or suite 'nobody' in '\Q$catalog\E': see 'maxq stacks'$}, 'says why';
    like $out, qr/^plain: .*^absent: /ms, 'the others are shown';
    for my $case (
        ['nginx,uwsgi@http3+tcp,flask', qr/'uwsgi' cannot be reached by 'http3\+tcp' from nginx: possible: http\+tcp, .*scgi\+unix/],
        ['nginx,flask',                 qr/'flask' needs a server that runs wsgi applications before it, such as uwsgi,flask/],
        ['nginx,nobody',                qr/no component 'nobody'/],
    ) {
        ($code, $out, $err) = stacks($case->[0]);
        is $code, 1, $case->[0];
        like $err, qr/^maxq: [^\n]+\n$/, 'one line';
        like $err, $case->[1], 'says why';
    }
    mkdir "$catalog/broken";
    component('broken', "command: x\n");
    ($code, $out, $err) = stacks();
    is $code, 1, 'a broken description';
    like $err, qr/^maxq: \S+broken\/component\.yaml line 3: key 'command'/, 'is told';
    like $out, qr/^plain /m, 'and the others are listed';
    system 'rm', '-r', "$catalog/broken";
};

# An apt-get that notes how it was called, and whether services may be started meanwhile.
sub with_apt {
    my ($status, @args) = @_;
    my $bin = "$tmp/bin";
    mkdir $bin;
    open my $f, '>', "$bin/apt-get" or die;
    print $f "#!/bin/sh\necho \"\$@\" >>$tmp/apt.log\n[ -x /usr/sbin/policy-rc.d ] && echo no services >>$tmp/apt.log\n",
        "[ \$1 = update ] && exit 0\necho why it failed\nexit $status\n";
    close $f;
    chmod 0755, "$bin/apt-get";
    unlink "$tmp/apt.log";
    local $ENV{PATH} = "$bin:$ENV{PATH}";
    return stacks('--install', @args);
}

SKIP: {
    skip 'only root can install', 1 if $> != 0;
    subtest '--install' => sub {
        my $policy = '/usr/sbin/policy-rc.d';
        my $before = slurp($policy);
        my ($code, $out, $err) = with_apt(0, 'absent');
        is $code, 0, 'exit status 0' or diag $err;
        is $out, "running: apt-get install --no-install-recommends pack-a pack-b\n", 'says what it runs';
        my $log = slurp("$tmp/apt.log");
        like $log, qr/^update -qq\n/, 'looks for what there is';
        like $log, qr/^install -y -qq --no-install-recommends -- pack-a pack-b$/m, 'installs it';
        is scalar(() = $log =~ /^no services$/mg), 2, 'and starts no services' if !$before || -x $policy;
        is slurp($policy), $before, 'for that time only';
        ($code, $out, $err) = with_apt(100, 'absent');
        is $code, 1, 'a failure';
        like $err, qr/^why it failed\ninstall-packages: cannot install pack-a pack-b: see above$/m, 'is shown';
        is slurp($policy), $before, 'and services may start again';
        ($code, $out, $err) = with_apt(0, 'plain');
        is "$code $out", "0 nothing is missing\n", 'nothing to do';
        is slurp("$tmp/apt.log"), '', 'is not done';
        ($code, $out, $err) = with_apt(0, 'nowhere');
        is $err, "maxq: cannot find '/no/such/file' of nowhere, which no package brings\n", 'what no package brings';
        is $code, 1, 'exit status 1';
    };
}

done_testing;
