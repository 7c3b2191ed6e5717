# SPDX-License-Identifier: GPL-3.0-or-later
# What the end-to-end tests share: running maxq and servers, all bounded in time, and all ended with the test.
package MaxqTest;

use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX qw(:sys_wait_h setsid);
use Test::More ();
use Time::HiRes qw(time sleep);

our @EXPORT = qw($maxq $root $tmp maxq maxq_json json_file start stop serve stats get exchange_by gateway_request
    fastcgi_record counts_add_up errors_of have_program descendants leftovers free_port script_server accepted
    under_sanitizer wait_until slurp disturbed calmly schema_ok
    browser_ok);

our $root = abs_path(dirname(__FILE__) . '/../..');
our $maxq = $ENV{MAXQ} ? abs_path($ENV{MAXQ}) : "$root/build/maxq";
our $tmp  = tempdir('maxq-tests-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# What components build is not left in the user's own cache; and private folders are in one of ours (its name is short, for the
# paths of unix sockets), by which leftovers are told from what another maxq does at the same time.
$ENV{XDG_CACHE_HOME} = "$tmp/cache";
our $private = tempdir('/tmp/mXXXXXX', CLEANUP => 1);
$ENV{TMPDIR} = $private;
# What they measure is no part of the history of whoever runs them.
$ENV{XDG_STATE_HOME} = "$tmp/state";
delete $ENV{MAXQ_STORE};

our %running;    # pid => 1: what we started, and is to be ended
my %ever;        # all of it, ended or not

# A sanitizer costs time: tests that wait for something allow for it.
sub under_sanitizer { return $maxq =~ /san/ }

sub slurp {
    my ($path) = @_;
    open my $f, '<', $path or return '';
    local $/;
    return scalar <$f> // '';
}

# Runs a command with its output in files, for at most `timeout` seconds: its status ($?-like exit code, or 128 + signal),
# standard output, standard error, and how long it took.
sub run_command {
    my ($timeout, @command) = @_;
    my ($out, $err) = ("$tmp/out.$$", "$tmp/err.$$");
    my $began = time;
    my $pid = start_in_background($out, $err, @command);
    while (waitpid($pid, WNOHANG) == 0) {
        if (time - $began > $timeout) {
            kill 'KILL', $pid;
            waitpid $pid, 0;
            delete $running{$pid};
            return (-1, slurp($out), slurp($err) . "\n(killed after $timeout s)", time - $began);
        }
        sleep 0.005;
    }
    my $status = $?;
    delete $running{$pid};
    my $code = WIFSIGNALED($status) ? 128 + WTERMSIG($status) : WEXITSTATUS($status);
    return ($code, slurp($out), slurp($err), time - $began);
}

sub start_in_background {
    my ($out, $err, @command) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        setsid();
        # whatever these tests were started by: nohup, or a job in the background
        $SIG{$_} = 'DEFAULT' for qw(HUP INT QUIT TERM);
        open STDIN,  '<', '/dev/null';
        open STDOUT, '>', $out or POSIX::_exit(126);
        open STDERR, '>', $err or POSIX::_exit(126);
        $ENV{NO_COLOR} = 1;
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    $running{$pid} = $ever{$pid} = 1;
    return $pid;
}

# MAXQ_IO: by that engine, wherever the test does not name one.
sub maxq {
    my (@args) = @_;
    push @args, '--io', $ENV{MAXQ_IO} if $ENV{MAXQ_IO} && $args[0] =~ /^(?:load|sweep)$/ && !grep { $_ eq '--io' } @args;
    return run_command(under_sanitizer() ? 180 : 90, $maxq, @args);
}

# Runs maxq with --json -: its exit status, the result, and standard error.
sub maxq_json {
    my (@args) = @_;
    my ($code, $out, $err, $took) = maxq(@args, '--json', '-');
    my $json = eval { JSON::PP->new->decode($out) };
    return ($code, $json, $err, $took);
}

sub json_file { return JSON::PP->new->decode(slurp($_[0])) }

# Runs a script of web/test/ with these arguments, and takes its checks over; skips them where there is no browser.
sub browser_ok {
    my ($script, @arguments) = @_;
    my ($chromium) = grep { -x } map { "$_/chromium" } split /:/, $ENV{PATH};
    my $missing = under_sanitizer() ? 'the browser is looked at once, without sanitizers'
        : !$chromium ? 'no chromium here: install chromium'
        : !have_program('node') ? 'no node here: install nodejs'
        : !-d "$root/web/node_modules/playwright-core" ? 'no playwright-core here: make builds the page with it' : undef;
  SKIP: {
        Test::More::skip($missing, 1) if $missing;
        my ($code, $out, $err) = run_command(90, 'node', "$root/web/test/$script", map { $_ // $chromium } @arguments);
        my @lines = split /\n/, $out;
        Test::More::is($code, 0, 'the browser') or Test::More::diag($err);
        Test::More::like($lines[-1] // '', qr/^1\.\.\d+$/, 'all checks were done') or Test::More::diag($out, $err);
        for my $i (0 .. $#lines) {
            my ($not, $name) = $lines[$i] =~ /^(not )?ok \d+ - (.*)/ or next;
            Test::More::ok(!$not, $name) or Test::More::diag($lines[$i + 1]);
        }
    }
    return;
}

# A test: a result, in a file or as it was decoded, is as docs/result.schema.json says. By Debian's own Python, which has jsonschema.
sub schema_ok {
    my ($result) = @_;
    my $python   = '/usr/bin/python3';
    my $validate = 'import json, sys, jsonschema; jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))';
    my $file     = $result;
    my $test     = Test::More->builder;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return $test->skip('no jsonschema here') if system "$python -c 'import jsonschema' 2>/dev/null";
    if (ref $result) {
        $file = "$tmp/schema.json";
        open my $f, '>', $file or die "$file: $!";
        print $f JSON::PP::encode_json($result);
        close $f or die "$file: $!";
    }
    my $failed = system "$python -c '$validate' $file $root/docs/result.schema.json >$tmp/schema.out 2>&1";
    return $test->ok(!$failed, 'valid JSON') || $test->diag(slurp("$tmp/schema.out"));
}

# Starts a program; returns its pid and the file of its output.
sub start {
    my (@command) = @_;
    my $out = "$tmp/start." . scalar(keys %running) . '.' . int(rand(1e9));
    return (start_in_background($out, "$out.err", @command), $out);
}

sub stop {
    my ($pid, $signal) = @_;
    return if !delete $running{$pid};
    kill $signal // 'TERM', $pid;
    my $deadline = time + 10;
    while (waitpid($pid, WNOHANG) == 0) {
        kill 'KILL', $pid if time > $deadline;
        sleep 0.005;
    }
    return $?;
}

END {
    my $status = $?;
    for my $pid (keys %running) {
        # what was started leads a group of its own, in which servers have their workers
        kill 'KILL', -$pid, $pid;
        waitpid $pid, 0;
    }
    $? = $status;
}

sub wait_until {
    my ($condition, $seconds) = @_;
    my $deadline = time + ($seconds // 10);
    while (time < $deadline) {
        my $value = $condition->();
        return $value if $value;
        sleep 0.01;
    }
    return;
}

# maxq serve on a free port: its pid and base URL.
sub serve {
    my (@options) = @_;
    @options = ('--listen', '127.0.0.1:0', @options) if !grep { $_ eq '--listen' } @options;
    my ($pid, $out) = start($maxq, 'serve', @options);
    my $url = wait_until(sub { slurp($out) =~ m{listening on (\w+://\S+)/hello} ? $1 : undef })
        or die 'maxq serve did not start: ' . slurp("$out.err");
    return ($pid, $url);
}

# What a server of ours says of itself.
sub stats {
    my ($url) = @_;
    my $body = get("$url/stats") // die "no stats from $url";
    return JSON::PP->new->decode($body);
}

sub get {
    my ($url) = @_;
    my ($protocol, $peer, $path) = $url =~ m{^(\w+)://(unix:[^:]+:|[^/]+)(/.*)$} or return;
    my $request = $protocol eq 'http' ? "GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        : gateway_request($protocol, REQUEST_METHOD => 'GET', REQUEST_URI => $path, SCRIPT_NAME => $path =~ s/\?.*//r,
            PATH_INFO => $path =~ s/\?.*//r, QUERY_STRING => $path =~ /\?(.*)/ ? $1 : '');
    my $response = exchange_by($url, $request) // return;
    if ($protocol eq 'fastcgi') {
        my $stdout = '';
        while ($response =~ s/^(.{8})//s) {
            my (undef, $type, undef, $length, $padding) = unpack 'CCnnC', $1;
            my $content = substr $response, 0, $length + $padding, '';
            $stdout .= substr $content, 0, $length if $type == 6;
        }
        $response = $stdout;
    }
    return $response =~ /\r\n\r\n(.*)/s ? $1 : undef;
}

# Sends bytes to whom the URL names, and returns all that comes until it closes.
sub exchange_by {
    my ($url, $bytes) = @_;
    my ($unix, $peer) = $url =~ m{^\w+://(?:unix:([^:]+):|([^/]+))} or return;
    my $socket = $unix ? IO::Socket::UNIX->new(Peer => $unix) : IO::Socket::INET->new(PeerAddr => $peer, Timeout => 5);
    return if !$socket;
    print $socket $bytes;
    local $/;
    return scalar <$socket> // '';
}

sub fastcgi_record {
    my ($type, $content, %options) = @_;
    my $padding = $options{padding} // 0;
    return pack('CCnnCx', 1, $type, $options{id} // 1, $options{length} // length $content, $padding) . $content . 'P' x $padding;
}

# A request without a body by fastcgi, uwsgi or scgi, made without maxq.
sub gateway_request {
    my ($protocol, %vars) = @_;
    my @names = sort keys %vars;
    if ($protocol eq 'uwsgi') {
        my $all = join '', map { pack 'v/a v/a', $_, $vars{$_} } @names;
        return pack('CvC', 0, length $all, 0) . $all;
    }
    if ($protocol eq 'scgi') {
        my $all = join '', map { "$_\0" } 'CONTENT_LENGTH', 0, 'SCGI', 1, map { ($_, $vars{$_}) } @names;
        return length($all) . ":$all,";
    }
    my $size = sub { my ($n) = @_; return $n < 128 ? pack 'C', $n : pack 'N', $n | 0x80000000 };
    my $all = join '', map { $size->(length $_) . $size->(length $vars{$_}) . $_ . $vars{$_} } @names;
    return fastcgi_record(1, pack 'nCx5', 1, 0) . fastcgi_record(4, $all) . fastcgi_record(4, '') . fastcgi_record(5, '');
}

sub errors_of {
    my ($step) = @_;
    my $sum = 0;
    $sum += $_ for values %{$step->{errors}};
    return $sum;
}

# The checks by which maxq itself says that the machine was in the way of a step.
sub disturbed {
    my ($step) = @_;
    my %speaks = map { $_ => 1 } qw(steal other_processes generator_wait pauses cpu_conservation);
    return map { $_->{name} } grep { !$_->{ok} && $speaks{$_->{name}} } @{$step->{checks}};
}

# Measures, and anew (twice at most) what is not as it should be while the machine was in the way: a pause of some windows can
# hide what is to be seen. `measure` returns a step, with whatever else belongs to it, and `is_right` judges all that. What is
# wrong on a machine that is quiet, or three times in a row, is wrong.
sub calmly {
    my ($measure, $is_right) = @_;
    my @seen;
    for (1 .. 3) {
        @seen = $measure->();
        last if $is_right->(@seen) || !disturbed($seen[0]);
    }
    return @seen;
}

# The identity that always holds.
sub counts_add_up {
    my ($step) = @_;
    return $step->{started} == $step->{completed} + errors_of($step) + $step->{in_flight};
}

sub have_program {
    my ($name) = @_;
    return scalar grep { -x "$_/$name" } qw(/usr/local/sbin /usr/sbin /usr/bin /sbin /bin);
}

sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "listen: $!";
    return $socket->sockport;
}

# All processes below a pid.
sub descendants {
    my ($pid) = @_;
    my @found;
    for my $task (glob "/proc/$pid/task/*/children") {
        for my $child (split ' ', slurp($task)) {
            push @found, $child, descendants($child);
        }
    }
    return @found;
}

# What a run of maxq may have left behind: processes of ours by their environment or name, folders, groups.
sub leftovers {
    my @found;
    for my $proc (glob '/proc/[0-9]*') {
        my $comm = slurp("$proc/comm");
        chomp $comm;
        my $cwd = readlink("$proc/cwd") // '';
        my $is_keeper = $comm eq 'maxq-keeper' && (slurp("$proc/environ") =~ tr/\0/\n/r) =~ /^TMPDIR=\Q$private\E$/m;
        push @found, "$comm in $cwd" if $cwd =~ m{^\Q$private\E/} || $is_keeper;
    }
    push @found, glob "$private/*";
    my ($mount) = slurp('/proc/self/mounts') =~ m{^\S+ (\S+) cgroup2 }m;
    my ($own) = slurp('/proc/self/cgroup') =~ m{^0::(\S+)$}m;
    # their names have the pid of the maxq that made them: another's, which may run in a namespace of its own, are not ours
    push @found, grep { m{/maxq-(\d+)-\w+-\d+-} && $ever{$1} } glob("$mount$own/maxq-*") if $mount && defined $own;
    return @found;
}

# A server that does what a script says: for each connection, `handler` gets the socket and the number of the connection.
# With fork => 0 all of them are handled by one process, one after the other. Returns its pid and port.
sub script_server {
    my ($handler, %options) = @_;
    my $listener = IO::Socket::INET->new(
        Listen => $options{backlog} // 1024, LocalAddr => '127.0.0.1', ReuseAddr => 1)
        or die "listen: $!";
    open my $counter, '>', "$tmp/accepted." . $listener->sockport or die "$!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        local $SIG{CHLD} = 'IGNORE';
        local $SIG{PIPE} = 'IGNORE';
        my $n = 0;
        while (my $client = $listener->accept) {
            $n++;
            syswrite $counter, '.';
            if (!($options{fork} // 1)) {
                $handler->($client, $n);
                next;
            }
            my $child = fork // 0;
            if (!$child) {
                close $listener;
                $handler->($client, $n);
                close $client;
                POSIX::_exit(0);
            }
            close $client;
        }
        POSIX::_exit(0);
    }
    $running{$pid} = 1;
    return ($pid, $listener->sockport);
}

# How many connections a script server has accepted.
sub accepted {
    my ($port) = @_;
    return -s "$tmp/accepted.$port" || 0;
}

1;
