# SPDX-License-Identifier: GPL-3.0-or-later
# Cases of the verdict: real servers, of which one resource and only that is made scarce. tests/limits.t runs the quick ones,
# tests/accuracy/limits.t all of them.
package MaxqLimits;

use strict;
use warnings;
use Exporter 'import';
use Time::HiRes qw(sleep time);
use MaxqTest;

our @EXPORT = qw(limit_cases run_case);

my $hello = "hello\n";
my ($catalog, @groups);

sub write_file {
    my ($path, $text) = @_;
    open my $f, '>', $path or die "$path: $!";
    print $f $text;
    close $f or die "$path: $!";
    return;
}

# What cannot be made scarce here.
sub cannot { my ($why) = @_; die "skip: $why\n" }

# The catalog, with an application whose work is to wait, and uWSGI with room for one connection in its queue.
sub catalog {
    return $catalog if $catalog;
    cannot('nginx and uWSGI are not installed')
        if !have_program('nginx') || !have_program('uwsgi') || !-e '/usr/lib/uwsgi/plugins/python3_plugin.so';
    $catalog = "$tmp/catalog";
    system 'cp', '-r', "$root/catalog", $catalog;
    mkdir "$catalog/sleepy";
    write_file("$catalog/sleepy/component.yaml",
        "title: sleepy\nabout: waits 20 ms, as for a database\napplication: {interface: wsgi, entry: 'sleepy:application'}\n");
    write_file("$catalog/sleepy/sleepy.py", <<'PYTHON');
import time

def application(environ, start_response):
    time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "18")])
    return [b"hello from sleepy\n"]
PYTHON
    system 'cp', '-r', "$catalog/uwsgi", "$catalog/uwsgi-short";
    my $ini = slurp("$catalog/uwsgi/uwsgi.ini");
    $ini =~ s/^listen = .*$/listen = 1/m or die 'no listen in uwsgi.ini';
    write_file("$catalog/uwsgi-short/uwsgi.ini", $ini);
    return $catalog;
}

# A network namespace of its own: the command that runs another one in it. It lives as long as the test.
sub namespace {
    my (@set_up) = @_;
    cannot('a network namespace needs root') if $> != 0;
    cannot('no unshare, nsenter or ip here') if grep { !have_program($_) } qw(unshare nsenter ip);
    my ($pid) = start('unshare', '-n', 'sleep', 300);
    my $own = readlink '/proc/self/ns/net';
    wait_until(sub { (readlink("/proc/$pid/ns/net") // $own) ne $own }, 5) or cannot('cannot make a network namespace');
    my @in = ('nsenter', "--net=/proc/$pid/ns/net");
    for my $command (['ip', 'link', 'set', 'lo', 'up'], @set_up) {
        my ($code, undef, $err) = MaxqTest::run_command(10, @in, @$command);
        cannot("cannot @$command: $err") if $code;
    }
    return @in;
}

# A control group with that limit, of whatever version has the controller: the command that runs another one in it.
sub group {
    my ($controller, $v1, $v2) = @_;
    my $mounts = slurp('/proc/self/mounts');
    my ($mount) = $mounts =~ m{^\S+ (\S+) cgroup \S*\b\Q$controller\E\b}m;
    my $limits = $v1;
    if (!$mount) {
        ($mount) = $mounts =~ m{^\S+ (\S+) cgroup2 }m or cannot('no control groups are mounted');
        cannot("no $controller controller") if slurp("$mount/cgroup.subtree_control") !~ /\b$controller\b/;
        $limits = $v2;
    }
    my $path = "$mount/maxq-test-$$-" . @groups;
    mkdir $path or cannot("cannot make a control group: $!");
    push @groups, $path;
    for my $file (sort keys %$limits) {
        open my $f, '>', "$path/$file" or cannot("$path/$file: $!");
        syswrite $f, $limits->{$file} or cannot("$path/$file: $!");
    }
    return ('sh', '-c', 'echo $$ > "$0" && exec "$@"', "$path/cgroup.procs");
}

END {
    my $status = $?;
    for my $path (@groups) {
        kill 'KILL', split ' ', slurp("$path/cgroup.procs");
        for (1 .. 100) { rmdir $path and last; sleep 0.01 }
    }
    $? = $status;
}

# A server on the first CPU, through a command that ends in its own: its pid and URL. `of` says what its first line looks like.
sub on_first_cpu { return have_program('taskset') ? ('taskset', '-c', 0) : () }

sub skeleton {
    my ($through, @options) = @_;
    my ($pid, $out) = start(on_first_cpu(), @$through, $maxq, 'serve', '--listen', '127.0.0.1:0', @options);
    my $url = wait_until(sub { slurp($out) =~ m{listening on (\w+://\S+)/hello} ? $1 : undef })
        or die 'maxq serve did not start: ' . slurp("$out.err");
    return ($pid, "$url/hello");
}

sub nginx {
    my ($through, %options) = @_;
    cannot('nginx is not installed') if !have_program('nginx');
    my $port = free_port();
    my $dir = "$tmp/nginx.$port";
    mkdir $dir;
    write_file("$dir/index.html", $hello x ($options{lines} // 1));
    write_file("$dir/nginx.conf", <<"CONF");
daemon off; worker_processes 1; pid $dir/pid; error_log $dir/log; user root; @{[$options{main} // '']}
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path $dir; proxy_temp_path $dir;
  fastcgi_temp_path $dir; uwsgi_temp_path $dir; scgi_temp_path $dir;
  server { listen 127.0.0.1:$port backlog=4096; root $dir; client_max_body_size 100m; @{[$options{server} // '']} } }
CONF
    my ($pid, $out) = start(on_first_cpu(), @$through, 'nginx', '-c', "$dir/nginx.conf", '-e', "$dir/log");
    wait_until(sub { -s "$dir/pid" && descendants($pid) }) or die 'nginx did not start: ' . slurp("$dir/log");
    return ($pid, "http://127.0.0.1:$port/");
}

sub uwsgi {
    my ($through, $python, @options) = @_;
    catalog();
    my $port = free_port();
    write_file("$tmp/app$port.py", $python);
    my ($pid, $out) = start(on_first_cpu(), @$through, 'uwsgi', '--http-socket', "127.0.0.1:$port", '--plugin', 'python3', '--wsgi-file',
        "$tmp/app$port.py", '--master', '--need-app', '--disable-logging', '--die-on-term', @options);
    wait_until(sub { slurp("$out.err") =~ /spawned uWSGI worker/ }) or die 'uWSGI did not start: ' . slurp("$out.err");
    return ($pid, "http://127.0.0.1:$port/");
}

# maxq by a command that ends in its own: exit status, result, standard error.
sub load_through {
    my ($through, @args) = @_;
    my ($code, $out, $err) = MaxqTest::run_command(60, @$through, $maxq, @args, '--quiet', '--json', '-');
    return ($code, scalar eval { JSON::PP->new->decode($out) }, $err);
}

my @load = ('load', '-d', '1500ms', '--timeout', '700ms');
my @last = ('--generator-cpus', 1);

sub load_on { my ($url, @options) = @_; return load_through([], @load, @last, @options, $url) }

# Runs a case with a server that is ended behind it.
sub with {
    my ($pid, $measure) = @_;
    my @seen = $measure->();
    stop($pid);
    return @seen;
}

sub bench {
    my ($stack, @options) = @_;
    return load_through([], 'bench', '--catalog', catalog(), '--rounds', 2, '-d', '800ms', '--no-keepalive', '--timeout', '800ms',
        @options, $stack);
}

sub burner {
    my ($cpu) = @_;
    cannot('no taskset here') if !have_program('taskset');
    return (start('taskset', '-c', $cpu, $^X, '-e', 'my $i = 0; $i++ while 1'))[0];
}

# One process that does nothing else while it waits 10 ms for each connection.
sub one_at_a_time {
    my ($backlog) = @_;
    my ($pid, $port) = script_server(sub {
        my ($client) = @_;
        sysread $client, my $request, 4096;
        sleep 0.01;
        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n$hello";
        close $client;
    }, fork => 0, backlog => $backlog);
    return ($pid, "http://127.0.0.1:$port/");
}

# One thread that has all connections, and waits 10 ms for each request.
sub one_thread {
    cannot('no python3 here') if !have_program('python3');
    my ($pid, $out) = start('python3', '-u', '-c', <<'PYTHON');
import asyncio, time

async def serve(reader, writer):
    while await reader.readuntil(b"\r\n\r\n"):
        time.sleep(0.01)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1])
    await server.serve_forever()

asyncio.run(main())
PYTHON
    my $port = wait_until(sub { slurp($out) =~ /^port (\d+)/ ? $1 : undef }) or die 'python3 did not start: ' . slurp("$out.err");
    return ($pid, "http://127.0.0.1:$port/");
}

my $thirsty = <<'PYTHON';
import mmap, os, random
size = 256 << 20
f = open("%s", "r+b")
# what is in memory already is charged to whoever wrote it
os.fsync(f.fileno())
os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
pages = mmap.mmap(f.fileno(), size, prot=mmap.PROT_READ)
pages.madvise(mmap.MADV_RANDOM)

def application(environ, start_response):
    seen = 0
    for i in range(20):
        seen += pages[random.randrange(size)]
    start_response("200 OK", [("Content-Length", "6")])
    return [b"hello\n"]
PYTHON

my $hoarder = <<'PYTHON';
kept = []

def application(environ, start_response):
    kept.append(bytearray(b"x" * (4 << 20)))
    start_response("200 OK", [("Content-Length", "6")])
    return [b"hello\n"]
PYTHON

sub memory_group {
    my ($bytes) = @_;
    return group('memory', {'memory.limit_in_bytes' => $bytes}, {'memory.max' => $bytes, 'memory.swap.max' => 0});
}

sub cpu_group {
    my ($share) = @_;
    return group('cpu', {'cpu.cfs_quota_us' => int(100000 * $share)}, {'cpu.max' => int(100000 * $share) . ' 100000'});
}

# What is asked of a server behind a link that carries 160 Mbit/s.
my @narrow = ('root', 'tbf', 'rate', '160mbit', 'burst', '256kb', 'latency', '100ms');

sub narrow_loopback {
    cannot('no tc here') if !have_program('tc');
    return namespace(['tc', 'qdisc', 'add', 'dev', 'lo', @narrow]);
}

# name, truth, component (undef: not asked), what the evidence says; `quick` are those of every test run; `run` measures it
sub limit_cases {
    my $body = "\@$tmp/body";
    return (
        {name => 'CPU: uWSGI alone', truth => 'server-cpu', component => 'uwsgi', evidence => qr/^used of 1 core: uwsgi/, quick => 1,
            run => sub { bench('uwsgi@http+unix,skeleton', '-c', 16) }},
        {name => 'CPU: nginx alone', truth => 'server-cpu', component => 'nginx', evidence => qr/^used of 1 core: nginx/,
            run => sub { my ($pid, $url) = nginx([]); with($pid, sub { load_on($url, '-c', 64) }) }},
        {name => 'CPU: nginx before a fast server', truth => 'server-cpu', component => 'nginx', evidence => qr/nginx .*skeleton-c/,
            run => sub { bench('nginx,skeleton-c@uwsgi+unix', '-c', 64) }},
        {name => 'CPU: 200 us a request', truth => 'server-cpu', component => 'maxq', evidence => qr/maxq/, quick => 1,
            run => sub { my ($pid, $url) = skeleton([], '--burn', '200us'); with($pid, sub { load_on($url, '-c', 8) }) }},
        {name => 'CPU: the quota of a control group', truth => 'server-cpu', component => 'maxq',
            evidence => qr/^used of 0\.3 core \(a limit of its control group\)/, quick => 1,
            run => sub {
                my ($pid, $url) = skeleton([cpu_group(0.3)], '--burn', '200us');
                with($pid, sub { load_on($url, '-c', 8) });
            }},
        {name => 'CPU: another process has half of the core', truth => 'server-cpu', component => 'maxq',
            evidence => qr/maxq 0\.[3-7]\d; other processes used/, others => 0.65,
            run => sub {
                my ($pid, $url) = skeleton([], '--burn', '200us');
                my $burner = burner(0);
                my @seen = with($pid, sub { load_on($url, '-c', 8) });
                stop($burner);
                @seen;
            }},
        {name => 'generator: it answers itself', truth => 'generator-cpu', evidence => qr/^the generator used (?:0\.9|1\.)/,
            run => sub { my ($pid, $url) = skeleton([]); with($pid, sub { load_on($url, '--io', 'null') }) }},
        {name => 'generator: another process has half of its core', truth => 'generator-cpu', evidence => qr/and waited for it \d+ %/,
            quick => 1, others => 0.65,
            run => sub {
                my ($pid, $url) = skeleton([]);
                my $burner = burner(1);
                my @seen = with($pid, sub { load_on($url, '-c', 32, '--no-keepalive') });
                stop($burner);
                @seen;
            }},
        {name => 'generator: the quota of its control group', truth => 'generator-cpu', evidence => qr/its control group may use 0\.2/,
            run => sub {
                my ($pid, $url) = skeleton([]);
                with($pid, sub { load_through([cpu_group(0.2)], @load, @last, '-c', 32, $url) });
            }},
        {name => 'backlog: of a unix socket', truth => 'backlog', component => 'uwsgi-short',
            evidence => qr/of the requests failed; the queue of uwsgi-short, for 1, was full \d+ % of the time/, quick => 1,
            run => sub { bench('uwsgi-short@http+unix,sleepy', '-c', 16) }},
        {name => 'backlog: of a unix socket behind nginx', truth => 'backlog', component => 'uwsgi-short',
            evidence => qr/the queue of uwsgi-short, for 1, was full/,
            run => sub { bench('nginx,uwsgi-short@uwsgi+unix,sleepy', '-c', 16) }},
        {name => 'backlog: of a TCP socket', truth => 'backlog', component => 'uwsgi-short',
            evidence => qr/was full \d+ % of the time; TCP connections dropped: [1-9]/, run => sub { bench('uwsgi-short@http+tcp,sleepy', '-c', 16) }},
        {name => 'backlog: of a single process', truth => 'backlog', evidence => qr/was full \d+ % of the time; TCP connections dropped: [1-9]/,
            run => sub { my ($pid, $url) = one_at_a_time(1); with($pid, sub { load_on($url, '-c', 16, '--no-keepalive') }) }},
        {name => 'files: of the server, kept connections', truth => 'files', component => 'maxq', quick => 1,
            evidence => qr/^process \d+ of maxq had 2\d of the 24 files open that it may have/,
            run => sub {
                my ($pid, $url) = skeleton(['sh', '-c', 'ulimit -n 24; exec "$@"', 'sh'], '--delay', '20ms');
                with($pid, sub { load_on($url, '-c', 64) });
            }},
        {name => 'files: of nginx', truth => 'files', component => 'nginx', evidence => qr/of nginx had \d+ of the 40 files/,
            run => sub {
                my ($behind, $to) = skeleton([], '--delay', '50ms');
                my ($pid, $url) = nginx([], main => 'worker_rlimit_nofile 40;', server => "location / { proxy_pass $to; }");
                my @seen = with($pid, sub { load_on($url, '-c', 64) });
                stop($behind);
                @seen;
            }},
        {name => 'files: of the generator', truth => 'files', evidence => qr/most of them by connect \(Too many open files\)/,
            run => sub {
                cannot('no prlimit here') if !have_program('prlimit');
                my ($pid, $url) = skeleton([], '--delay', '5ms');
                # it makes sure of its files when it begins: the limit falls later
                my @limited = ('sh', '-c', '(sleep 0.4; prlimit --pid $$ --nofile=14:20000) & exec "$@"', 'sh');
                with($pid, sub { load_through(\@limited, @load, @last, '-c', 16, '--no-keepalive', '--io', 'epoll', $url) });
            }},
        {name => 'ports', truth => 'ports', evidence => qr/by connect \(Cannot assign requested address\)/, quick => 1,
            run => sub {
                my @in = namespace(['sysctl', '-qw', 'net.ipv4.ip_local_port_range=20000 20031']);
                my ($pid, $url) = skeleton(\@in, '--delay', '20ms');
                with($pid, sub { load_through(\@in, @load, @last, '-c', 64, '--no-keepalive', $url) });
            }},
        {name => 'memory: pages are read again and again', truth => 'memory', component => 'uwsgi', evidence => qr/pages that the server read back: \d\d/,
            run => sub {
                open my $f, '>', "$tmp/pages" or die $!;
                print $f 'x' x (1 << 20) for 1 .. 256;
                close $f or cannot("no room for the pages: $!");
                my ($pid, $url) = uwsgi([memory_group(64 << 20)], sprintf($thirsty, "$tmp/pages"), '--processes', 2);
                with($pid, sub { load_on($url, '-c', 8, '--no-keepalive', '--timeout', '5s') });
            }},
        {name => 'memory: processes are killed', truth => 'memory', component => 'uwsgi', evidence => qr/ended \d+ process/, quick => 1,
            run => sub {
                my ($pid, $url) = uwsgi([memory_group(96 << 20)], $hoarder, '--processes', 2);
                with($pid, sub { load_on($url, '-c', 4, '--no-keepalive') });
            }},
        {name => 'bandwidth: of answers', truth => 'bandwidth', evidence => qr/^interface lo carried 1\d(?:\.\d+)? MB|^interface lo carried 2\d/, quick => 1,
            run => sub {
                my @in = narrow_loopback();
                my ($pid, $url) = nginx(\@in, lines => 16000);
                with($pid, sub { load_through(\@in, @load, @last, '-c', 16, '--timeout', '5s', $url) });
            }},
        {name => 'bandwidth: of what is sent', truth => 'bandwidth', evidence => qr/^interface lo carried/,
            run => sub {
                my @in = narrow_loopback();
                my ($pid, $url) = skeleton(\@in);
                write_file("$tmp/body", 'x' x 100_000);
                with($pid, sub { load_through(\@in, @load, @last, '-c', 16, '-m', 'POST', '-b', $body, '--timeout', '5s', $url) });
            }},
        {name => 'bandwidth: to another machine', truth => 'bandwidth', evidence => qr/^interface mq0 carried/,
            run => sub {
                cannot('no tc here') if !have_program('tc');
                my @there = namespace();
                my ($holder) = $there[1] =~ m{/proc/(\d+)/};
                my @here = namespace(['ip', 'link', 'add', 'mq0', 'type', 'veth', 'peer', 'name', 'mq1'],
                    ['ip', 'link', 'set', 'mq1', 'netns', $holder], ['ip', 'addr', 'add', '10.99.0.1/24', 'dev', 'mq0'],
                    ['ip', 'link', 'set', 'mq0', 'up'], ['tc', 'qdisc', 'add', 'dev', 'mq0', @narrow]);
                for my $command (['ip', 'addr', 'add', '10.99.0.2/24', 'dev', 'mq1'], ['ip', 'link', 'set', 'mq1', 'up']) {
                    MaxqTest::run_command(10, @there, @$command);
                }
                my ($pid, $url) = skeleton(\@there, '--listen', '10.99.0.2:8080');
                write_file("$tmp/body", 'x' x 100_000);
                with($pid, sub {
                    load_through(\@here, @load, @last, '-c', 16, '-m', 'POST', '-b', $body, '--timeout', '5s', '--remote-ok',
                        'http://10.99.0.2:8080/hello');
                });
            }},
        {name => 'workers: over a unix socket', truth => 'workers', component => 'uwsgi', evidence => qr/^1\d\.\d connections/,
            run => sub { bench('uwsgi@http+unix,sleepy', '-c', 16) }},
        {name => 'workers: over TCP', truth => 'workers', component => 'uwsgi', quick => 1,
            evidence => qr/^1\d\.\d connections on average waited for a worker of uwsgi, while the server used 0\.\d+ of 1 core$/,
            run => sub { bench('uwsgi@http+tcp,sleepy', '-c', 16) }},
        {name => 'workers: behind nginx', truth => 'workers', component => 'uwsgi', evidence => qr/^1\d\.\d connections/,
            run => sub { bench('nginx,uwsgi@uwsgi+unix,sleepy', '-c', 16) }},
        {name => 'workers: a single process', truth => 'workers', evidence => qr/connections on average waited/,
            run => sub { my ($pid, $url) = one_at_a_time(1024); with($pid, sub { load_on($url, '-c', 16, '--no-keepalive') }) }},
        {name => 'workers: kept connections, one thread', truth => 'workers', component => 'python3', evidence => qr/requests on average waited to be read/,
            run => sub { my ($pid, $url) = one_thread(); with($pid, sub { load_on($url, '-c', 16) }) }},
        {name => 'errors: a tenth is 503', truth => 'errors', evidence => qr/^10(?:\.\d+)? % of the requests failed, most of them by status/,
            run => sub { my ($pid, $url) = skeleton([], '--status-every', '10:503'); with($pid, sub { load_on($url, '-c', 8) }) }},
        {name => 'errors: answers are cut short', truth => 'errors', evidence => qr/most of them by truncated/, quick => 1,
            run => sub {
                my ($pid, $url) = skeleton([], '--truncate-every', 20, '--delay', '2ms');
                with($pid, sub { load_on($url, '-c', 8) });
            }},
        {name => 'errors: answers come too late', truth => 'errors', evidence => qr/most of them by timeout/,
            run => sub {
                my ($pid, $url) = skeleton([], '--delay', '1s', '--delay-every', 20);
                with($pid, sub { load_on($url, '-c', 32, '--timeout', '300ms') });
            }},
        {name => 'nothing: one client never waits', truth => 'not-reached', evidence => qr/no CPU|still grew|not grow/,
            run => sub { bench('uwsgi@http+unix,sleepy', '-c', 1) }},
        {name => 'nothing: everything takes 20 ms', truth => 'not-reached', evidence => qr/no CPU was exhausted/, quick => 1,
            run => sub { my ($pid, $url) = skeleton([], '--delay', '20ms'); with($pid, sub { load_on($url, '-c', 8) }) }},
        {name => 'nothing: more clients still get more', truth => 'not-reached', evidence => qr/throughput still grew/,
            run => sub {
                my ($pid, $url) = skeleton([], '--delay', '20ms');
                with($pid, sub { load_through([], 'sweep', '-c', '1,2,4', '-d', '400ms', @last, $url) });
            }},
    );
}

# Runs it, and twice more at most when it was wrong while the machine was in the way: verdict, component, evidence, whether that
# is right, and whether others used so much that it may be wrong; or why it cannot be run here.
sub run_case {
    my ($case) = @_;
    my $seen;
    for (1 .. 3) {
        $seen = run_once($case);
        # a case can have others on purpose
        $seen->{disturbed} = !$seen->{skip} && ($seen->{others} >= ($case->{others} // 0.1) || $seen->{steal} >= 0.1);
        last if $seen->{skip} || $seen->{right} || !($seen->{disturbed} || disturbed($seen->{step}));
    }
    return $seen;
}

sub run_once {
    my ($case) = @_;
    my ($code, $json, $err) = eval { $case->{run}->() };
    return {skip => $1} if $@ =~ /^skip: (.*)/;
    die $@ if $@;
    my $result = $json->{results}[0];
    my $limit  = $result->{limit} // {};
    my $step   = ($result->{steps} // [])->[-1] // {};
    my $host   = $step->{cpu}{host} // {};
    # in a container the others are not seen, but what they used is missing
    my ($missing) = map { $_->{value} } grep { $_->{name} eq 'cpu_conservation' } @{$step->{checks} // []};
    my $seen = {verdict => $limit->{resource} // '-', component => $limit->{component}, evidence => $limit->{evidence} // '',
        others => ($host->{others} // 0) + 2 * ($missing // 0), steal => $host->{steal} // 0, err => $err, result => $result,
        step => $step};
    $seen->{right} = $seen->{verdict} eq $case->{truth} && $seen->{evidence} =~ $case->{evidence}
        && (!defined $case->{component} || ($seen->{component} // '') eq $case->{component});
    return $seen;
}

1;
