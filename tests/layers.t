# SPDX-License-Identifier: GPL-3.0-or-later
# Layers: the ladders of real stacks, and of servers that run already.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use MaxqTest;

plan skip_all => 'runs once, without sanitizers' if under_sanitizer();
$ENV{LC_ALL} = 'C';

sub by_name { return map { $_->{name} => $_ } @{$_[0]{results}} }

sub total { return $_[0]{cost}{total_us_per_request} }

sub sum { my $sum = 0; $sum += $_ for @_; return $sum }

sub rounds { return scalar @{$_[0]{rounds_rps}} }

# The cost of all components of a row, or of one, from what each of those of its rounds cost that the other row has, too.
sub mean_cost {
    my ($row, $with, @names) = @_;
    my %both = map { $_ => 1 } @{$with->{rounds_number}};
    my @at   = grep { $both{$row->{rounds_number}[$_]} } 0 .. rounds($row) - 1;
    my @n    = @{$row->{rounds_completed}}[@at];
    my $sum  = 0;
    for my $c (@{$row->{rounds_cost}}) {
        next if @names && !grep { $_ eq $c->{component} } @names;
        $sum += $n[$_] * ($c->{user_us_per_request}[$at[$_]] + $c->{system_us_per_request}[$at[$_]]) for 0 .. $#n;
    }
    return $sum / sum(@n);
}

sub near {
    my ($got, $want, $what, $bound) = @_;
    cmp_ok abs($got - $want), '<=', ($bound // 1e-3) * abs($want) + 1e-3, $what or diag "$got, not $want";
}

# What must hold of all layers, whatever the machine does.
sub consistent {
    my ($json, $layers) = @_;
    my %row   = by_name($json);
    my $whole = $row{$layers->{whole}};
    near(total($layers), mean_cost($whole, $whole), 'the whole is that of its rounds');
    near(sum(map { total($_) } @{$layers->{within}}), total($layers), 'its components add up to it');
    near(total($layers), $whole->{maximum}{cost_us_per_request}{total}, 'and to what the row says');
    near(sum(map { $_->{share} } @{$layers->{within}}), 1, 'shares add up to one');
    for my $flight (qw(behind direct)) {
        my @steps = grep { $_->{flight} eq $flight } @{$layers->{steps}} or next;
        # a machine that is too busy can end a row before the others: then there is less to add up
        near(sum(map { total($_) } @steps), total($layers), "so does the flight '$flight'")
            if !grep { rounds($row{$_->{to}}) != rounds($whole) } @steps;
        ok !defined $steps[0]{from}, 'which begins with nothing';
        is $steps[$_]{from}, $steps[$_ - 1]{to}, "step $_ begins where the one before ended" for 1 .. $#steps;
        is $steps[-1]{to}, $layers->{whole}, 'and ends with the whole';
    }
    for my $step (@{$layers->{steps}}) {
        my ($cost, $to, $from) = ($step->{cost}, $row{$step->{to}}, $row{$step->{from} // ''});
        near(total($step), mean_cost($to, $from // $to) - ($from ? mean_cost($from, $to) : 0),
            "$step->{flight}: $step->{adds} adds the difference of its rows");
        near($cost->{user_us_per_request} + $cost->{system_us_per_request}, total($step), 'user and system');
        my ($lo, $hi) = @{$cost->{total_ci95_us_per_request}};
        near(($lo + $hi) / 2, total($step), 'in the middle of its interval');
    }
    for my $in (@{$layers->{interactions}}) {
        my $other = $row{$in->{other}};
        my $difference = mean_cost($whole, $other, $in->{component}) - mean_cost($other, $whole, $in->{component});
        near($in->{difference}{total_us_per_request}, $difference, "$in->{component} costs that much more");
    }
}

my @quick = ('-d', '500ms', '--rounds', '3');

subtest 'servers that run already' => sub {
    my ($upper, $upper_url) = serve('--burn', '200us');
    my ($lower, $lower_url) = serve('--burn', '100us');
    my $file = "$tmp/layers.json";
    my $measure = sub {
        my ($code, $out, $err) = maxq('layers', "$upper_url/hello", '--below', "$lower_url/hello", '-c', 4, @quick, '--json', $file);
        my $json = json_file($file);
        return ($json->{results}[0]{steps}[-1], $json, $code, $out, $err);
    };
    # the upper one burns 100 us more; what others do to the caches, and the hypervisor to the clocks, can come to as much
    my $is_100_more = sub {
        my ($cost) = map { $_->{cost} } $_[1]{layers}[0]{steps}[1];
        my ($lo, $hi) = @{$cost->{total_ci95_us_per_request}};
        return abs($cost->{total_us_per_request} - 100) < 40 || ($lo < 100 && $hi > 100);
    };
    my (undef, $json, $code, $out, $err) = calmly($measure, $is_100_more);
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    schema_ok($file);
    is $json->{command}, 'layers', 'by its name';
    is_deeply [map { $_->{name} } @{$json->{results}}], ["$upper_url/hello", "$lower_url/hello"], 'both';
    ok !$json->{results}[0]{target}{keepalive}, 'a connection a request';
    is_deeply [map { scalar @{$_->{rounds_rps}} } @{$json->{results}}], [3, 3], 'in rounds';
    my ($layers) = @{$json->{layers}};
    consistent($json, $layers);
    is_deeply [map { $_->{component} } @{$layers->{within}}], ['maxq', 'maxq-2'], 'names that can be told apart';
    my ($first, $step) = @{$layers->{steps}};
    is "$first->{adds} $step->{adds}", 'maxq-2 maxq', 'from the bottom to the top';
    cmp_ok total($first), '>', 100, 'the lower one burns 100 us';
    ok $is_100_more->(undef, $json), 'and the upper one 100 us more' or diag explain $layers, $json->{results}[0]{steps}[-1];
    cmp_ok $step->{cost}{user_us_per_request}, '>', abs($step->{cost}{system_us_per_request}), 'in its own code';
    # these two do not know each other, and that shows
    cmp_ok $layers->{within}[1]{share}, '<', 0.01, 'the lower one did nothing for the upper one';
    like $out, qr/^maxq-2 used nothing while \Q$upper_url\E\/hello was loaded/m, 'which is said';
    like $out, qr/^\+ maxq +[\d.]+ +-?[\d.]+ +[\d.]+ +[\d.]+ #+$/m, 'a bar';
    is length > 80 ? $_ : '', '', 'fits 80 columns' for grep { !/http:/ } split /\n/, $out =~ s/.*^Layers of//smr;
    {
        local $ENV{LC_ALL} = 'C.UTF-8';
        (undef, $out) = maxq('layers', "$upper_url/hello", '--below', "$lower_url/hello", '-c', 4, '-d', '400ms', '--rounds', 2);
        like $out, qr/^\+ maxq .* (?:\xe2\x96\x88)+$/m, 'of blocks where the locale has them';
    }
    stop($lower);
    ($code, $out, $err) = maxq('layers', "$upper_url/hello", '--below', "$lower_url/hello");
    is $code, 1, 'one that is not there';
    like $err, qr/^maxq: cannot connect to .*is the server running\?$/, 'is said at once';
    stop($upper);
};

subtest 'a relay and what it passes requests on to' => sub {
    plan skip_all => 'nginx is not installed' if !have_program('nginx');
    my ($server, $url) = serve('--protocol', 'uwsgi', '--listen', "unix:$tmp/s", '--burn', '50us');
    my $port = free_port();
    mkdir "$tmp/nginx";
    open my $conf, '>', "$tmp/nginx/nginx.conf" or die "$!";
    my $temp = join ' ', map { "${_}_temp_path $tmp/nginx;" } qw(client_body proxy fastcgi uwsgi scgi);
    my ($user) = getpwuid $>;
    print $conf "daemon off; worker_processes 1; user $user; pid $tmp/nginx/pid; events {}\n"
        . "http { access_log off; $temp server { listen 127.0.0.1:$port; location / {\n"
        . "uwsgi_pass unix:$tmp/s; uwsgi_param REQUEST_URI \$request_uri; uwsgi_param REQUEST_METHOD \$request_method;\n"
        . "uwsgi_param PATH_INFO \$uri; uwsgi_param SERVER_PROTOCOL \$server_protocol; } } }\n";
    close $conf;
    my ($nginx, $log) = start('/usr/sbin/nginx', '-p', "$tmp/nginx", '-e', "$tmp/nginx/log", '-c', "$tmp/nginx/nginx.conf");
    ok wait_until(sub { get("http://127.0.0.1:$port/hello") }), 'nginx passes requests on' or diag slurp("$tmp/nginx/log");
    my $file = "$tmp/relay.json";
    my @command = ('layers', "http://127.0.0.1:$port/hello", '--below', "uwsgi://unix:$tmp/s:/hello", '-c', 4, @quick);
    my ($code, $out, $err) = maxq(@command, '--param', 'X=Y', '--json', $file);
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    my $json = json_file($file);
    my ($layers) = @{$json->{layers}};
    schema_ok($file);
    consistent($json, $layers);
    my %within = map { $_->{component} => total($_) } @{$layers->{within}};
    is_deeply [sort keys %within], ['maxq', 'nginx'], 'both are components of the whole';
    cmp_ok $within{maxq}, '>', 50, 'the lower one, too: it burns 50 us';
    cmp_ok $within{nginx}, '>', 1, 'and nginx costs something';
    my ($in) = @{$layers->{interactions}};
    is $in->{component}, 'maxq', 'what it costs more behind nginx than by itself';
    unlike $out, qr/used nothing/, 'nobody was idle';
    ($code, undef, $err) = maxq(@command, '--keepalive');
    like $err, qr/a connection carries one request of uwsgi: leave out --keepalive/, 'what all must share is refused';
    stop($nginx);
    stop($server);
};

subtest 'the ladder of a stack' => sub {
    plan skip_all => 'nginx and uWSGI are not installed'
        if !have_program('nginx') || !have_program('uwsgi') || !-e '/usr/lib/uwsgi/plugins/python3_plugin.so';
    my $file = "$tmp/ladder.json";
    my ($code, $out, $err) = maxq('bench', '--layers', @quick, '--json', $file, 'nginx,uwsgi,skeleton', 'nginx,skeleton-c@http+unix');
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    my $json = json_file($file);
    schema_ok($file);
    is_deeply [map { $_->{name} } @{$json->{results}}],
        ['skeleton-c@uwsgi+unix', 'uwsgi@uwsgi+unix,skeleton', 'nginx', 'nginx,skeleton-c@uwsgi+unix',
        'nginx,uwsgi@uwsgi+unix,skeleton', 'skeleton-c@http+unix', 'nginx,skeleton-c@http+unix'],
        'all rungs, each once';
    for my $row (@{$json->{results}}) {
        ok !$row->{failed}, "$row->{name} is measured" or diag $row->{failed};
        is $row->{maximum}{clients}, 64, 'with the same clients';
        is $row->{steps}[-1]{connections} > 0 && $row->{target}{keepalive} ? 1 : 0, 0, 'and a connection a request';
    }
    ok $json->{settings}{layers}, 'said in the settings';
    consistent($json, $_) for @{$json->{layers}};
    my ($layers) = @{$json->{layers}};
    is_deeply [map { $_->{component} } @{$layers->{within}}], ['nginx', 'uwsgi'], 'components';
    my ($nginx) = grep { $_->{component} eq 'nginx' } @{$layers->{interactions}};
    is $nginx->{other}, 'nginx,skeleton-c@uwsgi+unix', 'the interaction is with the least behind it';
    ok defined $nginx->{difference}{total_ci95_us_per_request}[0], 'and has an interval';
    like $out, qr/^interaction: nginx costs [\d.]+ us within the whole, and [\d.]+ within$/m, 'it is shown';
    unlike $out, qr/^CPU us a request +component/m, 'in the place of the costs of each row';
    like $out, qr/^\Q$_\E/m, $_ for 'Layers of nginx,uwsgi@uwsgi+unix,skeleton', 'costs within the whole', 'each step adds, behind the front',
        'each step adds, from the bottom', 'nginx adds in front of', '= the whole';
    is_deeply [leftovers()], [], 'nothing is left';
    ($code, $out, $err) = maxq('bench', '--layers', '--keepalive', 'nginx,uwsgi,skeleton');
    is $code, 1, 'keep-alive is refused where a rung cannot';
    like $err, qr/^maxq: 'skeleton-c\@uwsgi\+unix' is a rung of the ladder, and takes a connection a request/, 'and why';
    ($code, $json) = maxq_json('bench', '--layers', '--keepalive', '-d', '400ms', '--rounds', 2, '-c', 2, 'nginx,skeleton-c@http+unix');
    is_deeply [map { $_->{target}{keepalive} ? 1 : 0 } @{$json->{results}}], [1, 1, 1], 'but kept where all rungs can';
};

subtest 'a framework with and without its middleware' => sub {
    plan skip_all => 'nginx, uWSGI or Django is not installed'
        if !have_program('nginx') || !have_program('uwsgi') || !-e '/usr/lib/python3/dist-packages/django';
    my ($code, $json, $err) = maxq_json('bench', '--layers', @quick, 'nginx,uwsgi,django');
    ok $code == 0 || $code == 4, 'measured' or diag $err;
    my ($layers) = @{$json->{layers}};
    consistent($json, $layers);
    is_deeply [map { $_->{adds} } grep { $_->{flight} eq 'behind' } @{$layers->{steps}}],
        ['nginx', 'skeleton-c@uwsgi+unix', 'uwsgi', 'django-bare', 'django'], 'a step each';
    is_deeply [map { "$_->{component} $_->{other}" } @{$layers->{interactions}}],
        ['nginx nginx,uwsgi@uwsgi+unix,skeleton', 'uwsgi uwsgi@uwsgi+unix,django'], 'interactions';
    # three short rounds may not suffice to say by how much
    cmp_ok $layers->{interactions}[0]{difference}{total_ci95_us_per_request}[1], '>', 0, 'nginx costs more in front of Django'
        or diag explain $layers->{interactions};
    my ($out) = (maxq('stacks', 'django'))[1];
    like $out, qr/^  bare +django-bare$/m, 'the catalog says which is the bare one';
};

subtest 'every link, with nginx in front and without' => sub {
    plan skip_all => 'nginx and uWSGI are not installed' if !have_program('nginx') || !have_program('uwsgi');
    my ($code, $json, $err) = maxq_json('bench', '--suite', 'links-fronts', '-c', 2, '-d', '400ms', '--rounds', 2);
    is scalar @{$json->{ranking}}, 16, 'sixteen rows in one table' or diag $err;
    is_deeply [grep { $_->{failed} || errors_of($_->{steps}[-1]) } @{$json->{results}}], [], 'all of them measured';
    my %asked;
    $asked{"$_->{target}{protocol}+$_->{target}{socket}"}++ for @{$json->{results}};
    is_deeply \%asked, {'http+tcp' => 9, map { $_ => 1 } qw(http+unix fastcgi+tcp fastcgi+unix uwsgi+tcp uwsgi+unix scgi+tcp scgi+unix)},
        'by every link, and by http in front';
    is_deeply [grep { $_->{target}{keepalive} } @{$json->{results}}], [], 'with a connection a request';
};

subtest 'a rung that fails' => sub {
    plan skip_all => 'uWSGI is not installed' if !have_program('uwsgi');
    my $catalog = "$tmp/catalog";
    system 'cp', '-r', "$root/catalog", $catalog;
    mkdir "$catalog/$_" for qw(odd plain);
    for my $case (['odd', "bare: plain\napplication: {interface: wsgi, entry: 'skeleton:application'}\nhome: skeleton\n"],
        ['plain', "application: {interface: wsgi, entry: 'nothing:application'}\n"]) {
        open my $f, '>', "$catalog/$case->[0]/component.yaml" or die "$!";
        print $f "title: x\nabout: x\n$case->[1]";
        close $f;
    }
    my ($code, $json) = maxq_json('bench', '--layers', '--catalog', $catalog, '-d', '400ms', '--rounds', 2, '-c', 2, '--ready', '2s', 'uwsgi,odd');
    my %row = by_name($json);
    is $code, 1, 'exit status 1';
    like $row{'uwsgi,plain'}{failed}, qr/^uwsgi ended/, 'the row says why';
    my @known = map { defined total($_) ? 1 : 0 } @{$json->{layers}[0]{steps}};
    is_deeply \@known, [1, 1, 0, 0], 'steps to it and from it are unknown, the others are there';
    is_deeply [leftovers()], [], 'nothing is left';
};

done_testing;
