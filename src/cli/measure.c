// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "cli/machines.h"
#include "cli/output.h"
#include "report/json.h"
#include "report/markdown.h"
#include "run/run.h"

/* A name beside the file, so that it can be renamed over it. Devices and pipes are written as they are. */
static int open_json(struct measure *m, struct err *err)
{
	struct stat st;
	bool plain = stat(m->json, &st) || S_ISREG(st.st_mode);
	int fd;

	if (!plain) {
		m->json_file = fopen(m->json, "we");
		if (!m->json_file)
			return err_set(err, -errno, "cannot open '%s': %s", m->json, strerror(errno));
		return 0;
	}
	fd = output_create_beside(m->json, m->json_temporary, sizeof(m->json_temporary), err);
	if (fd < 0)
		return fd;
	m->json_file = fdopen(fd, "w");
	if (!m->json_file) {
		int rc = -errno;

		close(fd);
		unlink(m->json_temporary);
		m->json_temporary[0] = '\0';
		return err_set(err, rc, "cannot create '%s': %s", m->json, strerror(-rc));
	}
	return 0;
}

/* On standard error, so that results can go elsewhere. */
static void begin_live(struct measure *m)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (m->quiet || m->plain || !isatty(STDERR_FILENO) || !term || !strcmp(term, "dumb"))
		live_init_none(&m->live);
	else
		live_init(&m->live, STDERR_FILENO, text_is_utf8(), !(no_color && *no_color));
}

/* Opens the outputs, before anything is measured: 0 or negative errno with a message. */
static int begin(struct measure *m, struct err *err)
{
	bool json_to_stdout = output_is_stdout(m->json);
	bool to_stdout = json_to_stdout || output_is_stdout(m->markdown) || output_is_stdout(m->csv);

	text_sink_init(&m->text, m->quiet || to_stdout ? NULL : stdout, m->quiet ? NULL : stderr);
	begin_live(m);
	tee_sink_init(&m->sinks);
	/* the view makes way for what is printed, and comes back below it */
	tee_sink_add(&m->sinks, &m->live.before.sink);
	tee_sink_add(&m->sinks, &m->text.sink);
	tee_sink_add(&m->sinks, &m->live.after.sink);
	interrupt_watch();
	if (outputs_open(&m->outputs, err))
		return -EINVAL;
	if (json_to_stdout)
		m->json_file = stdout;
	else if (m->json)
		return open_json(m, err);
	return 0;
}

/* What cannot be stored is measured all the same. */
static void begin_storing(struct measure *m)
{
	char path[STORE_PATH_MAX];
	struct err err;
	int rc;

	m->live_file.fd = -1;
	if (m->no_store || m->command == MEASURE_DOCTOR)
		return;
	rc = store_path(m->store, true, path, sizeof(path), &err);
	if (!rc)
		rc = record_init(&m->record, path, m->labels, m->n_labels, &err);
	if (rc)
		fprintf(stderr, "maxq: warning: this run is not stored: %s\n", err.msg);
	else
		tee_sink_add(&m->sinks, &m->record.sink);
	/* told after the record, so that it knows the number that the run has got */
	if (!rc && live_file_init(&m->live_file, path, &m->record.run, &err))
		fprintf(stderr, "maxq: warning: nobody can watch this run: %s\n", err.msg);
	else if (!rc)
		tee_sink_add(&m->sinks, &m->live_file.sink);
}

static void end_storing(struct measure *m)
{
	const char *failure = record_failure(&m->record);

	live_file_release(&m->live_file);
	if (failure)
		fprintf(stderr, "maxq: warning: %s: %s\n",
		    m->record.run ? "only a part of this run is stored" : "this run is not stored", failure);
	record_release(&m->record);
}

/* Writes the JSON and puts it in its place. What cannot be written is not left lying about. */
static int deliver_json(struct measure *m, const struct report *report, struct err *err)
{
	int rc = json_write(report, m->json_file, err);

	if (m->json_file != stdout && fclose(m->json_file) && !rc)
		rc = err_set(err, -errno, "cannot write the JSON: %s", strerror(errno));
	m->json_file = NULL;
	if (m->json_temporary[0] && !rc && rename(m->json_temporary, m->json))
		rc = err_set(err, -errno, "cannot rename '%s' to '%s': %s", m->json_temporary, m->json,
		    strerror(errno));
	if (m->json_temporary[0] && rc)
		unlink(m->json_temporary);
	m->json_temporary[0] = '\0';
	return rc;
}

static void discard(struct measure *m)
{
	if (m->json_file && m->json_file != stdout)
		fclose(m->json_file);
	if (m->json_temporary[0])
		unlink(m->json_temporary);
	live_release(&m->live);
	outputs_discard(&m->outputs);
	free(m->body);
	free(m->expect_body);
}

static bool all_valid(const struct report *report)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (!report->results[i].valid)
			return false;
	return true;
}

static bool any_failed(const struct report *report)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].failed)
			return true;
	return false;
}

static int write_markdown(const void *report, FILE *out, struct err *err)
{
	(void)err;
	markdown_print(report, out);
	return 0;
}

static int write_csv(const void *report, FILE *out, struct err *err)
{
	(void)err;
	csv_print(report, out);
	return 0;
}

/* Delivers what a run made; `rc` is what it returned, with its message in `err`. The exit status. */
static int deliver(struct measure *m, int rc, const struct report *report, const struct err *err)
{
	int status = EXIT_MEASURED;
	struct err failure;

	/* a run that failed does not say how it ended */
	live_erase(&m->live);
	if (!rc || rc == -EINTR || report->n_results)
		m->sinks.sink.end(&m->sinks.sink, report);
	else if (m->record.sink.end) /* nothing came of it, so nothing of it is kept */
		m->record.sink.end(&m->record.sink, report);
	if (rc)
		return rc == -EINTR ? EXIT_SIGNAL + interrupt_signal() : cli_fail(EXIT_CANNOT, err);
	if (!all_valid(report) ||
	    (m->command == MEASURE_DOCTOR && findings_worst(report->findings) == LEVEL_PROBLEM))
		status = EXIT_NOT_VALID;
	if (any_failed(report))
		status = EXIT_CANNOT;
	if (interrupt_signal())
		status = EXIT_SIGNAL + interrupt_signal();
	if (m->json_file && deliver_json(m, report, &failure))
		status = cli_fail(EXIT_CANNOT, &failure);
	if (m->markdown && output_write(m->markdown, write_markdown, report, &failure))
		status = cli_fail(EXIT_CANNOT, &failure);
	if (m->csv && output_write(m->csv, write_csv, report, &failure))
		status = cli_fail(EXIT_CANNOT, &failure);
	if (outputs_write(&m->outputs, report, &failure))
		status = cli_fail(EXIT_CANNOT, &failure);
	if (m->text.out && (fflush(m->text.out) || ferror(m->text.out)))
		status =
		    cli_fail(EXIT_CANNOT, &(struct err){"cannot write the results: standard output failed"});
	return status;
}

const char *measure_name(enum measure_command command)
{
	static const char *const names[] = {[MEASURE_LOAD] = "load",
	    [MEASURE_SWEEP] = "sweep",
	    [MEASURE_BENCH] = "bench",
	    [MEASURE_DOCTOR] = "doctor",
	    [MEASURE_LAYERS] = "layers",
	    [MEASURE_PROFILE] = "profile",
	    [MEASURE_COMPARE] = "compare"};

	return names[command];
}

int machines_refuse(const struct measure *m, struct err *err)
{
	if (!(m->command & (MEASURE_LOAD | MEASURE_SWEEP | MEASURE_DOCTOR | MEASURE_BENCH)))
		return err_set(err, -EINVAL, "'%s' is of one machine", measure_name(m->command));
	if (m->command == MEASURE_BENCH && !m->plan.server)
		return err_set(err, -EINVAL,
		    "bench by several machines needs --server, the one that its stacks are launched on");
	if (m->command == MEASURE_BENCH && (m->plan.layers || m->plan.profile))
		return err_set(
		    err, -EINVAL, "--layers and --profile are of one machine: leave out --generators");
	return 0;
}

int measure_refuse(struct measure *m, const struct err *err)
{
	discard(m);
	return cli_fail(EXIT_USAGE, err);
}

int measure_run(struct measure *m, measure_runner *run)
{
	int status = machines_run(m, run);

	discard(m);
	return status;
}

int measure_here(struct measure *m, measure_runner *run)
{
	struct report report = {0};
	struct err err;
	int status, rc = begin(m, &err);

	if (rc) {
		status = cli_fail(EXIT_CANNOT, &err);
	} else {
		begin_storing(m);
		run_describe(&m->plan, measure_name(m->command), &report);
		rc = run(&m->plan, &m->sinks.sink, &report, &err);
		status = deliver(m, rc, &report, &err);
		end_storing(m);
	}
	report_release(&report);
	return status;
}

int measure_target(
    enum measure_command command, const char *usage, measure_runner *run, int argc, char **argv)
{
	struct measure m;
	struct err err;
	int rc = measure_parse(&m, command, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (m.help)
		return measure_help(command, usage);
	if (rc != 1) {
		err_set(&err, 0, "%s takes one target: see 'maxq %s --help'",
		    command == MEASURE_LOAD ? "load" : "sweep", command == MEASURE_LOAD ? "load" : "sweep");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (command == MEASURE_LOAD && m.plan.n_clients > 1)
		return cli_fail(
		    EXIT_USAGE, &(struct err){"load takes one number of clients; a list is for sweep"});
	if (m.plan.rate && m.plan.pipeline > 1)
		return cli_fail(EXIT_USAGE,
		    &(struct err){"--rate and --pipeline do not go together: use more clients (-c)"});
	if (m.plan.arrival != ARRIVAL_CONSTANT && !m.plan.rate && !m.plan.slo.n)
		return cli_fail(
		    EXIT_USAGE, &(struct err){"--arrival is of an open loop: add --rate or --slo"});
	if (m.plan.slo.n && (m.plan.pipeline > 1 || m.plan.n_clients > 1))
		return cli_fail(
		    EXIT_USAGE, &(struct err){"--slo takes one number of clients, and no --pipeline"});
	if (m.plan.slo.n && m.plan.precision > 0)
		return cli_fail(EXIT_USAGE,
		    &(struct err){"--slo ends when its objective is decided: leave out --precision"});
	if (m.plan.requests && (m.plan.precision > 0 || m.plan.budget_ns))
		return cli_fail(EXIT_USAGE,
		    &(struct err){"-n says when the load ends: leave out --precision and --budget"});
	m.plan.target = argv[1];
	if (url_parse(argv[1], &m.plan.url, &err))
		return cli_fail(EXIT_USAGE, &err);
	return measure_run(&m, run);
}
