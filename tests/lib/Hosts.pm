# SPDX-License-Identifier: GPL-3.0-or-later
# Machines made of namespaces, on one bridge: each has its network, name, processes and mounts of its own; files, clock and CPUs are
# shared. `new` dies where namespaces are not allowed. All of it ends with the test.
package Hosts;

use strict;
use warnings;
use MaxqTest;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(time sleep);

# The network is one for tests (RFC 2544), and no other is reached from it.
sub new {
    my ($class, @names) = @_;
    my $self = bless {tag => "mq$$", dir => "$tmp/hosts", names => \@names, pid => {}, address => {}}, $class;
    mkdir $self->{dir};
    $self->{switch} = $self->holder('switch');
    my $switch = $self->{switch};
    run(qw(nsenter -n -t), $switch, qw(ip link add br0 type bridge));
    run(qw(nsenter -n -t), $switch, qw(ip link set br0 up));
    my $n = 0;
    for my $name (@names) {
        my $pid = $self->{pid}{$name} = $self->holder($name);
        my $address = $self->{address}{$name} = '198.18.7.' . ++$n;
        run(qw(nsenter -n -t), $switch, qw(ip link add), "port$n", qw(type veth peer name eth0 netns), $pid);
        run(qw(nsenter -n -t), $switch, qw(ip link set), "port$n", qw(master br0 up));
        run(qw(nsenter -n -t), $pid, qw(ip addr add), "$address/24", qw(dev eth0));
        run(qw(nsenter -n -t), $pid, qw(ip link set), $_, 'up') for qw(eth0 lo);
    }
    $self->write_shell;
    return $self;
}

sub run {
    my ($code, undef, $err) = MaxqTest::run_command(10, @_);
    die "@_: $err" if $code;
}

# A process that holds the namespaces of one machine, and is the first in it: its end is the end of all in there. Its pid.
sub holder {
    my ($self, $name) = @_;
    my $file = "$self->{dir}/$name.pid";
    # whatever ends us ends it
    my ($unshare) = start(qw(setpriv --pdeathsig KILL unshare), qw(--net --uts --pid --mount --fork --mount-proc --kill-child), 'sh', '-c',
        "hostname $name && exec sleep 600");
    my $holds = sub {
        my ($pid) = MaxqTest::descendants($unshare) or return;
        return slurp("/proc/$pid/comm") eq "sleep\n" ? $pid : undef;
    };
    my $pid = wait_until($holds, 5) or die "no namespaces: " . join(' ', map { slurp($_) } glob "$tmp/start.*.err");
    open my $f, '>', $file or die "$!";
    print $f $pid;
    close $f;
    return $pid;
}

# What mpirun takes in the place of ssh: its host, and words for a shell.
sub write_shell {
    my ($self) = @_;
    my $cases = join '', map { "$_|$self->{address}{$_}) pid=$self->{pid}{$_} ;;\n" } @{$self->{names}};
    $self->{shell} = "$self->{dir}/shell";
    open my $f, '>', $self->{shell} or die "$!";
    print $f "#!/bin/sh\nhost=\$1; shift\ncase \$host in\n$cases*) echo \"shell: no host \$host\" >&2; exit 255 ;;\nesac\n",
        "exec nsenter -n -u -p -m -t \$pid sh -c \"\$*\"\n";
    close $f;
    chmod 0755, $self->{shell};
}

# A command on a machine; only its network and name are entered for the one that mpirun runs on, which starts the others.
sub on { my ($self, $name, @command) = @_; return (qw(nsenter -n -u -p -m -t), $self->{pid}{$name}, @command) }
sub near { my ($self, $name, @command) = @_; return (qw(nsenter -n -u -t), $self->{pid}{$name}, @command) }

# The processes of that name on the machine, by their pids there; what has ended, and that nobody waits for, has no program.
sub pids {
    my ($self, $name, $comm) = @_;
    my (undef, $out) = MaxqTest::run_command(10, $self->on($name, 'sh', '-c',
        'for d in /proc/[0-9]*; do read -r c < $d/comm && [ "$c" = "$1" ] && [ -e $d/exe ] && echo ${d#/proc/}; done 2>&-; true',
        'sh', $comm));
    return split ' ', $out;
}

sub kill_on {
    my ($self, $name, @pids) = @_;
    MaxqTest::run_command(10, $self->on($name, 'kill', '-9', @pids)) if @pids;
}

sub end { my ($self, $name) = @_; kill 'KILL', $self->{pid}{$name} }

1;
