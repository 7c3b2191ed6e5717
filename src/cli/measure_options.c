// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of all options of measuring commands, in the order of their help. What they do is in cli/measure_set.h. */
#include <errno.h>

#include "cli/measure_set.h"

enum {
	ALL =
	    MEASURE_LOAD | MEASURE_SWEEP | MEASURE_BENCH | MEASURE_LAYERS | MEASURE_PROFILE | MEASURE_COMPARE,
	ANY = ALL | MEASURE_DOCTOR,
	TARGETS = MEASURE_LOAD | MEASURE_SWEEP | MEASURE_LAYERS | MEASURE_PROFILE | MEASURE_COMPARE,
	ROUNDS = MEASURE_BENCH | MEASURE_LAYERS,
	SWEEPS = MEASURE_SWEEP | MEASURE_BENCH,
	ONCE = MEASURE_LOAD | MEASURE_SWEEP,
	MACHINES = MEASURE_LOAD | MEASURE_SWEEP | MEASURE_BENCH | MEASURE_DOCTOR,
	STACKS = MEASURE_BENCH | MEASURE_PROFILE,
	LAUNCH = STACKS | MEASURE_COMPARE,
};

static const struct option_def options[] = {
    {0, "ab", NULL, MEASURE_COMPARE, "measure two targets or two stacks now, in turn", set_ab},
    {0, "anyway", NULL, MEASURE_COMPARE, "even if machine or load of two runs are not alike", set_anyway},
    {'c', "clients", "N", MEASURE_COMPARE,
	"so many clients for both (as many as the one needs that\nplateaus later)", set_clients},
    {'d', "duration", "TIME", MEASURE_COMPARE, "measure each for so long in each round (1s)", set_duration},
    {0, "rounds", "N", MEASURE_COMPARE, "so many rounds, of which two are a block (until --budget)",
	set_rounds},
    {0, "budget", "TIME", MEASURE_COMPARE, "but no more rounds after so long (34s)", set_budget},
    {0, "seed", "N", MEASURE_COMPARE, "of who comes first in each block (by chance)", set_seed},
    {0, "catalog-b", "DIR", MEASURE_COMPARE, "the second stack is described in this folder", set_catalog_b},
    {'c', "clients", "N", MEASURE_LOAD, "so many clients at a time (64)", set_clients},
    {'c', "clients", "N[,N...]", SWEEPS,
	"these numbers of clients, one step each\n(doubling from 1 until throughput plateaus)", set_clients},
    {'c', "clients", "N[,N...]", MEASURE_LAYERS,
	"so many clients for all (64); with a list each as\nmany of these as its throughput plateaus at",
	set_clients},
    {'c', "clients", "N[,N...]", MEASURE_PROFILE,
	"so many clients; with a list or without it, so many of\nthem as throughput plateaus at",
	set_clients},
    {'c', "clients", "N", MEASURE_DOCTOR, "the largest number of clients that is planned (1024)",
	set_clients},
    {'R', "rate", "N", MEASURE_DOCTOR,
	"requests a second that are planned, each with a\nconnection of its own (20k)", set_planned_rate},
    {'R', "rate", "N", MEASURE_LOAD,
	"an open loop: N requests a second, however long their\nanswers take, by the clients that are free",
	set_rate},
    {0, "arrival", "constant|poisson", MEASURE_LOAD | MEASURE_SWEEP,
	"how the requests of an open loop come (constant)", set_arrival},
    {0, "slo", "METRIC=MAX[,METRIC=MAX...]", MEASURE_SWEEP,
	"find the highest rate of an open loop that keeps this:\np99=10ms; also mean, p50, p90, p999, max, errors=0.1%",
	set_slo},
    {0, "latency-limit", "TIME", MEASURE_LOAD | MEASURE_SWEEP,
	"count responses that take longer as late, too", set_latency_limit},
    {0, "quick", NULL, MEASURE_DOCTOR, "only what takes no time: not steal, nor who is busy", set_quick},
    {'n', "requests", "N", MEASURE_LOAD, "send exactly so many requests, then stop", set_requests},
    {'n', "requests", "N", MEASURE_PROFILE, "watch exactly so many requests in each load; with -c N",
	set_requests},
    {'d', "duration", "TIME", MEASURE_LOAD, "stop after so long (10s; with -n: no limit)", set_duration},
    {'d', "duration", "TIME", MEASURE_SWEEP,
	"measure each step near the maximum for so long, and\nthe maximum for four times as long (1s)",
	set_duration},
    {'d', "duration", "TIME", ROUNDS,
	"measure each row for so long in each round (1s), and\neach step of its search for a quarter or half of that",
	set_duration},
    {0, "precision", "PERCENT", ONCE,
	"measure until the 95 % interval of throughput is as\nnarrow as this, either way", set_precision},
    {0, "budget", "TIME", MEASURE_LOAD, "but for so long at most, warm-up included (30s)", set_budget},
    {0, "budget", "TIME", MEASURE_SWEEP,
	"end the whole sweep by then: its last step takes what\nthe search has left", set_budget},
    {0, "warmup", "auto|TIME", ALL,
	"what is not measured at the beginning of each step\n(auto: until throughput is steady)", set_warmup},
    {'d', "duration", "TIME", MEASURE_PROFILE, "each load, watched and not, lasts so long (1s)",
	set_duration},
    {0, "rounds", "N", MEASURE_PROFILE, "so many loads that are watched, and so many that are not\n(3)",
	set_rounds},
    {0, "phases", "FILE", STACKS, "what belongs to which phase (phases.yaml of the catalog)", set_phases},
    {0, "functions", NULL, STACKS, "by function, sampled, instead of by phase", set_functions},
    {0, "frequency", "N", STACKS, "samples a second of CPU time (997)", set_frequency},
    {0, "parts", "FILE", STACKS,
	"which functions belong to which part of the work\n(parts.yaml of the catalog)", set_parts},
    {0, "folded", "FILE", STACKS, "write the sampled stacks, one a line", set_folded},
    {0, "flame", "FILE", STACKS, "write a flame graph (SVG)", set_flame},
    {0, "profile", NULL, MEASURE_BENCH, "also say where the CPU time goes, phase by phase", set_profile},
    {0, "precision", "PERCENT", ROUNDS, "rounds until all intervals are as narrow as this,\neither way (2%)",
	set_precision},
    {0, "budget", "TIME", ROUNDS, "but no more rounds after so long (17s a row); two are\nalways measured",
	set_budget},
    {0, "budget", "TIME", MEASURE_SWEEP, "with --slo: search no longer than this (60s)", set_budget},
    {0, "rounds", "N", ROUNDS, "and at most so many", set_rounds},
    {'t', "threads", "N", ANY, "threads of the generator (1)", set_threads},
    {0, "timeout", "TIME", ALL, "a request without a whole response by then has failed (5s)", set_timeout},
    {0, "keepalive", NULL, ANY,
	"keep connections open between requests\n(usual for http; possible for fastcgi)", set_keepalive},
    {0, "no-keepalive", NULL, ANY, "a new connection for each request", set_no_keepalive},
    {0, "close", "fin|rst", ANY, "how connections are closed (fin); rst leaves no TIME_WAIT", set_close},
    {'m', "method", "METHOD", TARGETS, "request method (GET)", set_method},
    {'H', "header", "'NAME: VALUE'", TARGETS, "add or replace a request header; may be repeated", set_header},
    {0, "param", "NAME=VALUE", TARGETS,
	"add or replace a variable of fastcgi, uwsgi or scgi;\nmay be repeated", add_param},
    {0, "uwsgi-modifier", "N", TARGETS, "modifier1 of uwsgi: the plugin that is meant (0: Python)",
	set_uwsgi_modifier},
    {'b', "body", "TEXT|@FILE", TARGETS, "request body", set_body},
    {0, "expect-status", "STATUS", TARGETS, "only this status is correct (any below 400)", set_expect_status},
    {0, "expect-body", "TEXT|@FILE", TARGETS, "only exactly this body is correct (any)", set_expect_body},
    {0, "layers", NULL, MEASURE_BENCH,
	"measure the whole ladder of each stack, from the least\nserver to all of it, and say what each layer costs\n"
	"(64 clients, a connection a request)",
	set_layers},
    {0, "below", "TARGET", MEASURE_LAYERS,
	"a server that the one before passes requests on to;\nmay be repeated, from top to bottom",
	add_below},
    {0, "suite", "NAME", MEASURE_BENCH, "measure the stacks of this suite of the catalog (default)",
	set_suite},
    {0, "workload", "PATH", LAUNCH, "what to ask the stacks for (/hello)", set_workload},
    {0, "catalog", "DIR", LAUNCH, "components are described in this folder", set_catalog},
    {0, "ready", "TIME", LAUNCH, "a stack must answer within this after its launch (10s)", set_ready},
    {0, "generator-cpus", "LIST", ANY,
	"CPUs of the generator, such as 1 or 2-3\n(those that the server does not use)", set_generator_cpus},
    {0, "server-cpus", "LIST", LAUNCH | MEASURE_DOCTOR, "CPUs of the servers (the first one)",
	set_server_cpus},
    {0, "pipeline", "N", MEASURE_LOAD | MEASURE_SWEEP,
	"send N requests at once on each connection, by http (1)", set_pipeline},
    {0, "source", "ADDRESS[,ADDRESS...]", MEASURE_LOAD | MEASURE_SWEEP,
	"connect from these addresses in turn (any): each has all\nlocal ports, such as 127.0.0.2,127.0.0.3",
	set_source},
    {0, "io", "auto|epoll|poll|io_uring|null", ALL,
	"how to do input and output (auto: what is best for\nthis target); null does none, and measures the generator",
	set_io},
    {0, "calibrate", NULL, MEASURE_LOAD,
	"first measure for 1 s what the generator reaches in\nthis mode without input and output, by http",
	set_calibrate},
    {0, "remote-ok", NULL, MEASURE_LOAD | MEASURE_SWEEP, "allow a target that is not this machine",
	set_remote_ok},
    {0, "generators", "HOST[,HOST...]", MACHINES,
	"divide the load over these machines, by mpirun;\nneeds maxq and Open MPI on all, and ssh",
	set_generators},
    {0, "server", "HOST", MACHINES,
	"with these: the server's machine, whose CPUs and queues\nare watched, and where a bench launches its stacks, which\nlisten on that address for all who reach it",
	set_server},
    {0, "mpi-subnet", "ADDRESS/BITS", MACHINES,
	"the network that these talk over (any), such as\n10.0.0.0/24", set_subnet},
    {0, "expect-ranks", "N", MACHINES, "of maxq-mpi: fail unless there are so many ranks", set_ranks},
    {0, "label", "KEY=VALUE", ALL, "a label of this run in the history; may be repeated", add_label},
    {0, "store", "FILE", ALL,
	"keep this run in that history\n($MAXQ_STORE, or ~/.local/state/maxq/history.db)", set_store},
    {0, "no-store", NULL, ALL, "do not keep this run", set_no_store},
    {0, "store-query", NULL, TARGETS, "show and keep also the query of the target, which may\nbe a secret",
	set_store_query},
    {0, "json", "FILE|-", ANY, "write the result as JSON", set_json},
    {0, "markdown", "FILE|-", ALL, "write the result as a table of Markdown", set_markdown},
    {0, "csv", "FILE|-", ALL & ~MEASURE_COMPARE, "write each step as a line of CSV", set_csv},
    {0, "plain", NULL, ALL, "no live view, only lines; as where standard error is\nno terminal", set_plain},
    {'q', "quiet", NULL, ANY, "print nothing but errors", set_quiet},
    {'h', "help", NULL, ANY, "show this", set_help},
    {0},
};
_Static_assert(sizeof(options) / sizeof(options[0]) <= OPTIONS_MAX, "options.h has room for all");

int measure_parse(struct measure *m, enum measure_command command, int argc, char **argv, struct err *err)
{
	*m = (struct measure){.command = command};
	plan_init(&m->plan);
	if (argc > MEASURE_ARGS_MAX)
		return err_set(err, -E2BIG, "too many arguments: at most %d", MEASURE_ARGS_MAX);
	for (int i = 1; i < argc; i++) /* before the parser moves them */
		m->args[i - 1] = argv[i];
	return options_parse_noting(options, command, m, argc, argv, m->given, err);
}

int measure_help(enum measure_command command, const char *usage)
{
	printf("%s\nOptions (and their defaults):\n", usage);
	options_help(options, command, stdout);
	fputs(
	    "\nNumbers take k, M; times take us, ms, s, m. Exit status: 0 measured, 1 could not run, 2 usage,\n"
	    "4 measured but not valid (it says why), 129, 130, 143 interrupted.\n",
	    stdout);
	return EXIT_MEASURED;
}
