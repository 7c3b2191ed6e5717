# SPDX-License-Identifier: GPL-3.0-or-later
# The documentation: links lead somewhere, what is named is there, and its commands have options that maxq has.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(dirname);
use Test::More;
use MaxqTest;

my @pages = ('README.md', 'CONTRIBUTING.md', map { s{^\Q$root\E/}{}r } sort glob "$root/docs/*.md");

# Without the blocks of code, in which nothing is a link or a heading.
sub prose { return slurp("$root/$_[0]") =~ s/^```.*?^```$//gmsr }

# The anchors of a page, as GitHub and GitLab make them; a heading that comes twice has none that lasts.
sub anchors {
    my ($page) = @_;
    my (@anchors, %seen);
    for my $heading (prose($page) =~ /^#+ (.*)$/mg) {
        my $anchor = lc $heading =~ s/[^\w\s-]//gr =~ s/ /-/gr;
        push @anchors, $anchor;
        $seen{$anchor}++;
    }
    is_deeply [grep { $seen{$_} > 1 } sort keys %seen], [], "$page: each heading is there once";
    return @anchors;
}

my %anchors = map { $_ => [anchors($_)] } @pages;

sub dead_links {
    my ($page) = @_;
    my @dead;
    for my $link (prose($page) =~ /\]\(([^)\s]+)\)/g) {
        next if $link =~ /^https?:/;
        my ($file, $anchor) = $link =~ /^([^#]*)#?(.*)$/;
        my $to = $file eq '' ? $page : dirname($page) eq '.' ? $file : dirname($page) . "/$file";
        $to =~ s{[^/]+/\.\./}{};
        push @dead, $link if !-e "$root/$to" || $anchor ne '' && !grep { $_ eq $anchor } @{$anchors{$to} // []};
    }
    return @dead;
}

is_deeply [dead_links($_)], [], "$_: links" for @pages;

subtest 'the contents of the method' => sub {
    my ($contents) = prose('docs/method.md') =~ /\A(.*?)^## /ms;
    my (undef, @headings) = @{$anchors{'docs/method.md'}};
    is_deeply [$contents =~ /\]\(#([^)]+)\)/g], \@headings, 'have all headings, in their order';
};

# Tests and sources by their paths, those of src/ also without it; a pattern stands for several.
subtest 'files that are named' => sub {
    my $folders = join '|', map { s{.*/}{}r } grep { -d } glob "$root/src/*";
    for my $page (@pages) {
        my @named = prose($page) =~ m{`((?:(?:src|tests|bench|catalog|web|docs)/[\w./*-]+|(?:$folders)/[\w*]+)\.\w+)`}g;
        my @gone;
        for my $name (@named) {
            push @gone, $name if !grep { -e } glob("$root/$name"), glob("$root/src/$name");
        }
        is_deeply \@gone, [], $page;
    }
};

# What comes behind maxq in code: its command and the options, which that command must have.
subtest 'options of commands' => sub {
    my @commands = qw(sweep load bench layers profile stacks doctor serve history show report compare gate export import forget);
    my %help = map { $_ => (maxq($_, '--help'))[1] } @commands;
    my $n = 0;
    for my $page (@pages) {
        my @code = (slurp("$root/$page") =~ /`([^`\n]+)`/g, slurp("$root/$page") =~ /^(?:    |\$ )(.*)$/mg);
        for my $line (@code) {
            # comments, and what a pipe leads to, are no arguments
            next if $line !~ s/^(?:.*[\s;|&(])?(?:build\/)?maxq(?= )//;
            $line =~ s/ +# .*| \|+ .*| *[;)].*//;
            my ($command) = grep { $line =~ /^ \Q$_\E\b/ } @commands;
            for my $option ($line =~ /(?<=\s)(--?[a-zA-Z][a-z0-9-]*)/g) {
                next if $option =~ /^--(?:help|version)$/;
                $n++;
                like $help{$command // 'sweep'}, qr/^  .*(?<![\w-])\Q$option\E(?![\w-])/m, "$page: maxq $line: $option";
            }
        }
    }
    cmp_ok $n, '>', 100, 'and many of them were looked at';
};

done_testing;
