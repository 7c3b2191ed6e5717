// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "cli/options.h"

static struct past *past_of(void *into)
{
	return into;
}

static int set_store(void *into, const char *value, struct err *err)
{
	(void)err;
	past_of(into)->file = value;
	return 0;
}

static int set_target(void *into, const char *value, struct err *err)
{
	(void)err;
	past_of(into)->filter.target = value;
	return 0;
}

static int set_command(void *into, const char *value, struct err *err)
{
	(void)err;
	past_of(into)->filter.command = value;
	return 0;
}

static int add_label(void *into, const char *value, struct err *err)
{
	struct store_filter *filter = &past_of(into)->filter;
	int rc = label_check_filter(value, err);

	if (rc)
		return rc;
	if (filter->n_labels == STORE_LABELS_MAX)
		return err_set(err, -EINVAL, "too many labels: at most %d", STORE_LABELS_MAX);
	filter->labels[filter->n_labels++] = value;
	return 0;
}

static int set_since(void *into, const char *value, struct err *err)
{
	struct past *past = past_of(into);

	past->filter.since = past->since;
	return time_parse(value, past->since, err);
}

static int set_until(void *into, const char *value, struct err *err)
{
	struct past *past = past_of(into);

	past->filter.until = past->until;
	return time_parse(value, past->until, err);
}

static int set_before(void *into, const char *value, struct err *err)
{
	struct past *past = past_of(into);

	past->filter.before = past->before;
	return time_parse(value, past->before, err);
}

static int set_limit(void *into, const char *value, struct err *err)
{
	if (parse_count(value, &past_of(into)->filter.limit))
		return err_set(err, -EINVAL, "bad number of runs '%s': write it as 20; 0 is all", value);
	past_of(into)->has_limit = true;
	return 0;
}

static int set_plot(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	past_of(into)->plot = true;
	return 0;
}

static int set_output(void *into, const char *value, struct err *err)
{
	(void)err;
	past_of(into)->output = value;
	return 0;
}

static int set_csv(void *into, const char *value, struct err *err)
{
	(void)err;
	past_of(into)->csv = value;
	return 0;
}

static int set_markdown(void *into, const char *value, struct err *err)
{
	(void)err;
	past_of(into)->markdown = value;
	return 0;
}

static int set_openmetrics(void *into, const char *value, struct err *err)
{
	(void)err;
	past_of(into)->openmetrics = value;
	return 0;
}

static int set_hdr(void *into, const char *value, struct err *err)
{
	(void)err;
	past_of(into)->hdr = value;
	return 0;
}

static int set_live(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	past_of(into)->live = true;
	return 0;
}

static int set_port(void *into, const char *value, struct err *err)
{
	uint64_t port;

	if (parse_count(value, &port) || !port || port > UINT16_MAX)
		return err_set(err, -EINVAL, "bad port '%s': use a number from 1 to 65535", value);
	past_of(into)->port = (uint16_t)port;
	return 0;
}

static int set_help(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	past_of(into)->help = true;
	return 0;
}

enum { ANY = PAST_HISTORY | PAST_SHOW | PAST_EXPORT | PAST_IMPORT | PAST_FORGET | PAST_REPORT };

static const struct option_def options[] = {
    {0, "target", "TEXT", PAST_HISTORY, "only runs of targets that contain this", set_target},
    {0, "command", "NAME", PAST_HISTORY, "only runs of load, sweep, bench, layers, profile or compare",
	set_command},
    {0, "label", "KEY[=VALUE]", PAST_HISTORY, "only runs with this label; may be repeated", add_label},
    {0, "since", "TIME", PAST_HISTORY,
	"only runs from then on: 2026-01-31, 2026-01-31T12:00,\nor how long ago: 12h, 7d", set_since},
    {0, "until", "TIME", PAST_HISTORY, "only runs up to then, all of that day or minute included", set_until},
    {0, "limit", "N", PAST_HISTORY, "only the newest N (20; with --plot 200; 0: all)", set_limit},
    {0, "plot", NULL, PAST_HISTORY, "plot throughput and cost of the newest run's target over time",
	set_plot},
    {0, "before", "TIME", PAST_FORGET, "runs that are older", set_before},
    {0, "label", "KEY[=VALUE]", PAST_FORGET, "runs with this label; may be repeated, then with all of them",
	add_label},
    {0, "json", "FILE|-", PAST_SHOW, "write the result as JSON (-, if it is the last argument)", set_output},
    {0, "csv", "FILE|-", PAST_SHOW, "write each step as a line of CSV", set_csv},
    {0, "markdown", "FILE|-", PAST_SHOW, "write tables of Markdown", set_markdown},
    {0, "openmetrics", "FILE|-", PAST_SHOW, "write the figures as OpenMetrics, for Prometheus",
	set_openmetrics},
    {0, "hdr", "FILE|-", PAST_SHOW, "write the latencies of each step as a log of HdrHistogram", set_hdr},
    {'o', "output", "FILE|-", PAST_EXPORT, "write to this file (-)", set_output},
    {'o', "output", "FILE|-", PAST_REPORT, "write to this file (report.html)", set_output},
    {0, "live", NULL, PAST_REPORT, "serve the page to a browser on this machine, while runs go on", set_live},
    {0, "port", "PORT", PAST_REPORT, "with --live: at this port (any that is free)", set_port},
    {0, "store", "FILE", ANY, "the history ($MAXQ_STORE, or ~/.local/state/maxq/history.db)", set_store},
    {'h', "help", NULL, ANY, "show this", set_help},
    {0},
};

/* A minus and digits. */
static bool is_run(const char *text)
{
	return text && text[0] == '-' && text[1] >= '1' && text[1] <= '9' &&
	    !text[1 + strspn(text + 1, "0123456789")];
}

/* Negative numbers go to the end, behind "--", where they are operands; and "--json" without a file gets its "-". */
static int arrange(struct past *past, int argc, char **argv)
{
	static char end[] = "--", json[] = "--json=-";
	int n = 0;

	past->arguments = calloc((size_t)argc + 2, sizeof(*past->arguments));
	if (!past->arguments)
		return -ENOMEM;
	for (int i = 0; i < argc; i++) {
		bool bare = !strcmp(argv[i], "--json") && (i + 1 == argc || is_run(argv[i + 1]));

		if (!is_run(argv[i]))
			past->arguments[n++] = bare ? json : argv[i];
	}
	past->arguments[n++] = end;
	for (int i = 0; i < argc; i++)
		if (is_run(argv[i]))
			past->arguments[n++] = argv[i];
	return n;
}

int past_parse(struct past *past, enum past_command command, int argc, char **argv, struct err *err)
{
	int n;

	*past = (struct past){.command = command};
	n = arrange(past, argc, argv);
	if (n < 0)
		return err_set(err, n, "out of memory");
	past->operands = past->arguments + 1;
	return options_parse(options, command, past, n, past->arguments, err);
}

int past_help(enum past_command command, const char *usage)
{
	printf("%s\nOptions (and their defaults):\n", usage);
	options_help(options, command, stdout);
	return EXIT_MEASURED;
}

int past_open(struct past *past, bool create, struct err *err)
{
	char path[STORE_PATH_MAX];
	int rc = store_path(past->file, create, path, sizeof(path), err);

	return rc ? rc : store_open(&past->store, path, create, err);
}

void past_close(struct past *past)
{
	store_close(past->store);
	free(past->arguments);
	*past = (struct past){0};
}

static bool is_stdout(const struct past *past)
{
	return !past->output || !strcmp(past->output, "-");
}

static void temporary_name(const struct past *past, char *name, size_t size)
{
	snprintf(name, size, "%s.%d.tmp", past->output, (int)getpid());
}

FILE *past_open_output(const struct past *past, struct err *err)
{
	char name[STORE_PATH_MAX];
	FILE *out;

	if (is_stdout(past))
		return stdout;
	temporary_name(past, name, sizeof(name));
	out = fopen(name, "wxe");
	if (!out)
		err_set(err, -errno, "cannot create '%s': %s", name, strerror(errno));
	return out;
}

int past_close_output(const struct past *past, FILE *out, bool keep, struct err *err)
{
	char name[STORE_PATH_MAX];
	bool failed = fflush(out) || ferror(out);
	int rc = 0;

	if (failed && keep)
		rc = err_set(err, -EIO, "cannot write '%s': %s", is_stdout(past) ? "-" : past->output,
		    strerror(errno));
	if (is_stdout(past))
		return rc;
	temporary_name(past, name, sizeof(name));
	if (fclose(out) && keep && !rc)
		rc = err_set(err, -EIO, "cannot write '%s': %s", past->output, strerror(errno));
	if (keep && !rc && rename(name, past->output))
		rc = err_set(
		    err, -errno, "cannot rename '%s' to '%s': %s", name, past->output, strerror(errno));
	if (!keep || rc)
		unlink(name);
	return rc;
}
