# SPDX-License-Identifier: GPL-3.0-or-later
# Costs against truths: what a server burns on purpose, and what the kernel says that it has used. With lenient bounds in
# tests/checks.t, with the true ones in tests/accuracy/cost.t.
package MaxqCost;

use strict;
use warnings;
use Exporter 'import';
use MaxqTest;

our @EXPORT = qw(pinned_serve burned_cost own_account);

my @taskset = have_program('taskset') ? ('taskset', '-c', 0) : ();

# maxq serve on the first CPU: its pid, URL, and the file of its output.
sub pinned_serve {
    my (@options) = @_;
    my ($pid, $out) = start(@taskset, $maxq, 'serve', '--listen', '127.0.0.1:0', @options);
    my $url = wait_until(sub { slurp($out) =~ m{listening on (\w+://\S+)/hello} ? $1 : undef }) or die 'maxq serve did not start';
    return ($pid, "$url/hello", $out);
}

sub user_cost {
    my ($duration, @options) = @_;
    my ($pid, $url) = pinned_serve(@options);
    my ($code, $json, $err) = maxq_json('load', '-d', $duration, '-c', 8, '--generator-cpus', 1, '--quiet', $url);
    stop($pid);
    my $process = $json->{results}[0]{steps}[0]{cpu}{processes}[0] or die "no cost: $err";
    return $process->{user_us_per_request};
}

# What a request costs in user mode, when the server burns 50 us of it, beyond what it costs without: means over the pairs.
sub burned_cost {
    my ($pairs, $duration) = @_;
    my ($sum, $without) = (0, 0);
    for (1 .. $pairs) {
        $without += user_cost($duration);
        $sum     += user_cost($duration, '--burn', '50us');
    }
    return ($sum - $without) / $pairs;
}

# A load, and all CPU time of its server: by maxq, and by the server's own account (getrusage) when it ends; less what a server
# uses that is only started, connected to, and stopped.
sub own_account {
    my ($duration, @options) = @_;
    my $load  = account_of(['-d', $duration], @options);
    my $start = account_of(['-n', 8], @options);
    $load->{own_s} -= $start->{own_s};
    return $load;
}

sub account_of {
    my ($how, @options) = @_;
    my ($pid, $url, $out) = pinned_serve(@options);
    my ($code, $json, $err) = maxq_json('load', @$how, '-c', 8, '--generator-cpus', 1, '--quiet', $url);
    stop($pid);
    my $step = $json->{results}[0]{steps}[0];
    my ($requests, $connections, $user_s, $system_s) =
        slurp($out) =~ /^served (\d+) requests on (\d+) connections: user ([\d.]+) s, system ([\d.]+) s$/m;
    return {maxq_s => $step->{cpu}{processes}[0]{busy} * $step->{duration_s}, own_s => $user_s + $system_s, step => $step,
        requests => $requests, connections => $connections, err => $err};
}

1;
