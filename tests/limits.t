# SPDX-License-Identifier: GPL-3.0-or-later
# The verdict, where one resource and only that is made scarce, with real servers.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

plan skip_all => 'nginx and uWSGI are not installed'
    if !have_program('nginx') || !have_program('uwsgi') || !-e '/usr/lib/uwsgi/plugins/python3_plugin.so';
plan skip_all => 'runs once, without sanitizers' if under_sanitizer();

my $catalog = "$tmp/catalog";
system 'cp', '-r', "$root/catalog", $catalog;

sub write_file {
    my ($path, $text) = @_;
    open my $f, '>', $path or die "$path: $!";
    print $f $text;
    close $f;
}

# An application whose work is to wait, and uWSGI with room for one connection in its queue.
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

my @quick = ('--catalog', $catalog, '--rounds', 2, '-d', '800ms', '--no-keepalive', '--timeout', '800ms', '--quiet');

# [what is scarce, options, stack, the verdict, its component, what the evidence says]
my @cases = (
    ['workers, behind a link over TCP', ['-c', 16], 'uwsgi@http+tcp,sleepy', 'workers', 'uwsgi',
        qr/^1\d\.\d connections on average waited for a worker of uwsgi, while the server used 0\.\d+ of 1 core$/],
    ['workers, over a unix socket', ['-c', 16], 'uwsgi@http+unix,sleepy', 'workers', 'uwsgi', qr/^1\d\.\d connections/],
    ['workers, behind nginx', ['-c', 16], 'nginx,uwsgi@uwsgi+unix,sleepy', 'workers', 'uwsgi', qr/^1\d\.\d connections/],
    ['the queue of a unix socket', ['-c', 16], 'uwsgi-short@http+unix,sleepy', 'backlog', 'uwsgi-short',
        qr/of the requests failed; the queue of uwsgi-short, for 1, was full \d+ % of the time/],
    ['the queue of a unix socket behind nginx', ['-c', 16], 'nginx,uwsgi-short@uwsgi+unix,sleepy', 'backlog', 'uwsgi-short',
        qr/the queue of uwsgi-short, for 1, was full/],
    ['the queue of a TCP socket', ['-c', 16], 'uwsgi-short@http+tcp,sleepy', 'backlog', 'uwsgi-short',
        qr/was full \d+ % of the time; TCP connections dropped: [1-9]/],
    ['nothing: one client never waits', ['-c', 1], 'uwsgi@http+unix,sleepy', 'not-reached', undef, qr/still grew|no CPU|not grow/],
    ['the CPU', ['-c', 16], 'uwsgi@http+unix,skeleton', 'server-cpu', 'uwsgi', qr/^used of 1 core: uwsgi/],
);

my ($right, @table) = (0);
for my $case (@cases) {
    my ($what, $options, $stack, $resource, $component, $evidence) = @$case;
    subtest $what => sub {
        my ($code, $json, $err) = maxq_json('bench', @quick, @$options, $stack);
        my $result = $json->{results}[0];
        my $limit  = $result->{limit};
        my $others = $result->{steps}[-1]{cpu}{host}{others} // 0;
        push @table, sprintf '%-42s %-12s %-12s', $what, $resource, $limit->{resource} // '-';
      SKIP: {
            skip 'others use the CPU that this is about', 3 if $resource eq 'server-cpu' && $others > 0.08;
            $right += is $limit->{resource}, $resource, "the limit is $resource" or diag $err, explain $limit, $result->{failed};
            is $limit->{component}, $component, 'whose it is';
            like $limit->{evidence}, $evidence, 'and how that is known';
        }
    };
}
diag join "\n", sprintf('%-42s %-12s %-12s', 'scarce', 'truth', 'verdict'), @table if $ENV{VERBOSE};
is_deeply [leftovers()], [], 'nothing is left';
done_testing;
