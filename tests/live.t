# SPDX-License-Identifier: GPL-3.0-or-later
# The live view, in a terminal of its own (IO::Pty): it is drawn, makes way for what is printed, and leaves nothing behind.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use IO::Select;
use POSIX ();
use Time::HiRes qw(time);
use MaxqTest;

plan skip_all => 'needs IO::Pty (libio-pty-perl)' if !eval { require IO::Pty; 1 };
plan skip_all => 'runs once, without sanitizers' if under_sanitizer();

# Runs maxq in a terminal; `on` gets all output so far, the pid and the terminal, and is asked until it returns true. The exit
# status (128 + signal), and all that was written.
sub in_terminal {
    my ($size, $env, $on, @args) = @_;
    my $pty = IO::Pty->new;
    my $slave = $pty->slave;
    $slave->set_winsize(reverse @$size);
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $pty->make_slave_controlling_terminal;
        open STDIN,  '<&', $slave or POSIX::_exit(126);
        open STDOUT, '>&', $slave or POSIX::_exit(126);
        open STDERR, '>&', $slave or POSIX::_exit(126);
        delete $ENV{NO_COLOR};
        $ENV{$_} = $env->{$_} for keys %$env;
        exec { $maxq } $maxq, @args or POSIX::_exit(127);
    }
    $MaxqTest::running{$pid} = 1;
    $pty->close_slave;
    my ($all, $deadline, $select) = ('', time + 40, IO::Select->new($pty));
    while (time < $deadline) {
        if ($select->can_read(0.05)) {
            my $n = sysread $pty, my $bytes, 65536;
            last if !$n;
            $all .= $bytes;
        }
        undef $on if $on && $on->($all, $pid, $pty);
    }
    kill 'KILL', $pid if time >= $deadline;
    waitpid $pid, 0;
    my $status = $?;
    delete $MaxqTest::running{$pid};
    return ($status & 127 ? 128 + ($status & 127) : $status >> 8, $all);
}

# What a terminal of so many columns shows in the end, scrolled-off lines included: an emulator of what maxq may send, and of nothing
# else. Returns its lines, where the cursor is, and what it does not know.
sub screen {
    my ($bytes, $columns) = @_;
    my (@lines, $unknown, $color);
    my ($y, $x) = (0, 0);
    utf8::decode($bytes);
    while ($bytes =~ /\G(?:\e\[([0-9;?]*)([A-Za-z])|(\r)|(\n)|([^\e\r\n]))/gc) {
        if (defined $3)    { $x = 0 }
        elsif (defined $4) { $y++ }
        elsif (defined $5) {
            ($y, $x) = ($y + 1, 0) if $x >= $columns;
            $lines[$y] //= '';
            $lines[$y] .= ' ' x ($x - length $lines[$y]) if $x > length $lines[$y];
            substr $lines[$y], $x++, 1, $5;
        }
        elsif ($2 eq 'm') { $color = $1 ne '0' }
        elsif ($2 eq 'A') { $y -= $1 || 1 }
        elsif ($2 eq 'K') { $lines[$y] = substr $lines[$y] // '', 0, $x }
        elsif ($2 eq 'J') { $lines[$y] = substr $lines[$y] // '', 0, $x; $#lines = $y }
        else              { $unknown = "$1$2" }
    }
    $unknown //= 'a half escape' if (pos($bytes) // 0) < length $bytes;
    return {text => join("\n", map { $_ // '' } @lines), x => $x, unknown => $unknown, color => $color};
}

# It is as it was before: a line begins, no colour is set, and the view is gone.
sub is_sane {
    my ($screen, $bytes, $what) = @_;
    is $screen->{x}, 0, "$what: the cursor is at the beginning of a line";
    is $screen->{unknown}, undef, "$what: no other escapes than those that the view needs, so no hidden cursor";
    ok !$screen->{color}, "$what: no colour is left";
    like $bytes, qr/\n\z/, "$what: it ends with a newline";
    unlike $screen->{text}, qr/stolen|s left|▕/, "$what: the view is gone";
}

my %utf8 = (TERM => 'xterm', LC_ALL => 'C.UTF-8');
my ($server, $url) = serve();

subtest 'a sweep in a terminal' => sub {
    my ($code, $bytes) = in_terminal([80, 24], \%utf8, undef, 'sweep', '-c', '1,2,4', '-d', '300ms', '--no-store', "$url/hello");
    ok $code == 0 || $code == 4, 'measured' or diag $bytes;
    like $bytes, qr/\e\[1m\Q$url/, 'the view names the target';
    like $bytes, qr/generator .*▕.*stolen/s, 'it has bars';
    like $bytes, qr/[▁▂▃▄▅▆▇█]{3}\e/, 'a line of windows';
    like $bytes, qr/4 clients  \d\.\d of \d\.\d s/, 'and the step';
    like $bytes, qr/~\d+ s left/, 'and what is left';
    my $screen = screen($bytes, 80);
    is_sane($screen, $bytes, 'after it');
    is scalar(() = $screen->{text} =~ /^ +(?:1|2|4) +\S+ +\S+%? /mg) >= 3, 1, 'all steps are in the table' or diag $screen->{text};
    like $screen->{text}, qr/^  maximum .*^  generator /ms, 'and the result is below it';
    unlike $bytes, qr/\e\[\?/, 'no mode of the terminal is changed';
    # the time between two drawings is 100 ms at least: the steps take some 3 s
    my $draws = () = $bytes =~ /\e\[J\r/g;
    cmp_ok $draws, '<', 300, 'it is not drawn at every window';
};

subtest 'a load that is resized, and interrupted' => sub {
    my ($resized, $interrupted) = (0, 0);
    my $on = sub {
        my ($all, $pid, $pty) = @_;
        if (!$resized && $all =~ /stolen/) {
            $resized = length $all;
            $pty->slave->set_winsize(12, 45);
            $pty->close_slave;
        }
        if ($resized && !$interrupted && substr($all, $resized) =~ /stolen.*stolen.*stolen/s) {
            $interrupted = 1;
            print {$pty} "\cC";
        }
        return $interrupted;
    };
    my ($code, $bytes) = in_terminal([100, 30], \%utf8, $on, 'load', '-c', 2, '-d', '20s', '--no-store', "$url/hello");
    ok $interrupted, 'it was seen, resized and interrupted' or diag $bytes;
    is $code, 130, 'by its signal';
    my $text = screen($bytes, 100);
    is_sane($text, $bytes, 'after it');
    like $text->{text}, qr/throughput .*PARTIAL/s, 'what was measured is told' or diag $text->{text};
    # of the last drawing, each line fits
    my $last = (split /\e\[J\r\e\[\d+A/, $bytes)[-2];
    utf8::decode($last);
    my @lines = map { s/\e\[[0-9;]*[A-Za-z]//gr =~ s/.*\r(?=.)//r } split /\r\n/, $last;
    ok @lines >= 6 && @lines <= 11, 'the last drawing fits into the lines that are left' or diag $last;
    my @wide = grep { length > 44 } @lines;
    is_deeply \@wide, [], 'no line is wider than the terminal is now';
};

subtest 'ended by SIGTERM' => sub {
    my $on = sub { my ($all, $pid) = @_; return $all =~ /stolen/ && kill 'TERM', $pid };
    my ($code, $bytes) = in_terminal([80, 24], \%utf8, $on, 'sweep', '-d', '2s', '--no-store', "$url/hello");
    is $code, 143, 'by its signal';
    is_sane(screen($bytes, 80), $bytes, 'after it');
};

subtest 'other terminals, and none' => sub {
    my @load = ('load', '-c', 1, '-d', '500ms', '--no-store', "$url/hello");
    my (undef, $bytes) = in_terminal([80, 24], {%utf8, NO_COLOR => 1}, undef, @load);
    like $bytes, qr/stolen/, 'NO_COLOR: there is a view';
    unlike $bytes, qr/\e\[[0-9;]*m/, 'without colours';
    (undef, $bytes) = in_terminal([80, 24], {TERM => 'xterm', LC_ALL => 'C'}, undef, @load);
    like $bytes, qr/generator +\[/, 'the plain locale: there is one';
    unlike $bytes, qr/[\x80-\xff]/, 'of ASCII';
    (undef, $bytes) = in_terminal([30, 6], \%utf8, undef, @load);
    like $bytes, qr/q\/s/, 'a tiny terminal has a line';
    unlike $bytes, qr/stolen/, 'and no more';
    for my $none ([{TERM => 'dumb'}, '--no-store'], [\%utf8, '--plain'], [\%utf8, '--quiet']) {
        my ($env, $option) = @$none;
        (undef, $bytes) = in_terminal([80, 24], {%utf8, %$env}, undef, @load, $option);
        unlike $bytes, qr/\e/, "no escapes: $env->{TERM} $option";
    }
    my ($code, $out, $err) = maxq(@load);
    unlike "$out$err", qr/\e/, 'nor where there is no terminal';
    like $out, qr/throughput/, 'but the result';
};

stop($server);
done_testing;
