// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "cli/past.h"
#include "report/html.h"
#include "report/json_file.h"
#include "report/json_read.h"
#include "viewer/viewer.h"

static const char usage[] =
    "usage: maxq report [OPTION]... [RUN|FILE]...\n"
    "       maxq report --live [OPTION]... [RUN]...\n\n"
    "Writes runs as a page to be looked at in a browser: charts and tables in one file that needs no network.\n"
    "RUN is a run of the history: its number, last (the default), or -1 for the last one, -2 for the one before it.\n"
    "FILE is a result that --json wrote. Two are compared, more are shown together.\n"
    "With --live it serves them on 127.0.0.1 until Ctrl-C: the run that goes on, as it grows, and the list\n"
    "of all that are stored.\n";

enum { SOURCE_MAX = 32, RUNS_MAX = 32, RUNS_TEXT_MAX = 1024, NICEST = 19, PATIENCE_MS = 200 };

static bool is_run(const char *name)
{
	return !strcmp(name, "last") ||
	    !name[name[0] == '-' && name[1] ? 1 + strspn(name + 1, "0123456789")
					    : strspn(name, "0123456789")];
}

/* A new reference, or NULL with a message. */
static json_t *read_file(const char *name, struct err *err)
{
	struct document document = {0};
	struct err why;
	json_t *json;
	FILE *in = fopen(name, "re");

	if (!in) {
		err_set(err, -errno, "cannot open '%s': %s", name, strerror(errno));
		return NULL;
	}
	json = json_file_read(in, name, JSON_FILE_MAX, err);
	fclose(in);
	if (!json)
		return NULL;
	if (json_read(json_incref(json), &document, &why)) {
		err_set(err, -EPROTO, "cannot show '%s': %s", name, why.msg);
		json_decref(json);
		return NULL;
	}
	document_release(&document);
	return json;
}

static int add_run(struct past *past, json_t *data, const char *name, struct err *err)
{
	char source[SOURCE_MAX];
	json_t *json = NULL;
	int64_t id;
	int rc = past->store ? 0 : past_open(past, false, err);

	if (rc)
		return rc;
	id = store_find(past->store, name, err);
	if (id < 0)
		return (int)id;
	rc = store_read(past->store, id, &json, NULL, err);
	if (rc)
		return rc;
	snprintf(source, sizeof(source), "run %lld", (long long)id);
	rc = html_add_result(data, source, json, err);
	json_decref(json);
	return rc;
}

static int add_file(json_t *data, const char *name, struct err *err)
{
	json_t *json = read_file(name, err);
	int rc = json ? html_add_result(data, name, json, err) : -EPROTO;

	json_decref(json);
	return rc;
}

/* Renaming onto a folder fails, too, but says less. */
static int check_output(const char *output, struct err *err)
{
	struct stat info;

	if (strcmp(output, "-") != 0 && !stat(output, &info) && S_ISDIR(info.st_mode))
		return err_set(err, -EISDIR, "'%s' is a folder: name a file in it", output);
	return 0;
}

static int report(struct past *past, const char *const *names, int n, struct err *err)
{
	json_t *data = json_object();
	FILE *out;
	int rc;

	if (!past->output)
		past->output = "report.html";
	rc = check_output(past->output, err);
	if (!rc && !html_is_built_in())
		rc = html_write(data, NULL, err);
	for (int i = 0; !rc && i < n; i++)
		rc = is_run(names[i]) ? add_run(past, data, names[i], err) : add_file(data, names[i], err);
	if (!rc) {
		out = past_open_output(past, err);
		rc = out ? html_write(data, out, err) : -EIO;
		if (out && past_close_output(past, out, !rc, rc ? NULL : err))
			rc = -EIO;
	}
	json_decref(data);
	if (!rc && strcmp(past->output, "-") != 0)
		printf("written to '%s': open it in a browser\n", past->output);
	return rc;
}

/* The path of these runs behind the page's address; "" of none. */
static int path_of_runs(struct past *past, int n, char *path, size_t size, struct err *err)
{
	size_t len = 0;
	int rc = 0;

	path[0] = '\0';
	for (int i = 0; i < n; i++)
		if (!is_run(past->operands[i]))
			return err_set(err, -EINVAL,
			    "'%s' is no run: files are for 'maxq report' without --live", past->operands[i]);
	if (n)
		rc = past_open(past, false, err);
	for (int i = 0; i < n && !rc; i++) {
		int64_t run = store_find(past->store, past->operands[i], err);

		if (run < 0)
			return (int)run;
		len += (size_t)snprintf(path + len, size - len, "%s%lld", i ? "," : "run/", (long long)run);
		if (len >= size)
			return err_set(err, -E2BIG, "too many runs");
	}
	/* SQLite's handles must not be carried into a child (sqlite.org/howtocorrupt.html, "Carrying an open database connection across a fork()") */
	store_close(past->store);
	past->store = NULL;
	return rc;
}

/* A history that is not there yet will be, with the next run: true when it is there. */
static int check_store(const char *path, bool *is_there, struct err *err)
{
	struct store *store;
	int rc = store_open_to_read(&store, path, err);

	*is_there = !rc;
	if (!rc)
		store_close(store);
	return rc == -ENOENT ? 0 : rc;
}

/*
 * What is measured meanwhile has the CPUs. Where the kernel weighs sessions against each other (autogroup, sched(7)), a nice value only
 * counts within one: so the session must be our own, and be as nice as we are.
 */
static void give_way(void)
{
	FILE *group;

	if (setpriority(PRIO_PROCESS, 0, NICEST))
		fprintf(stderr, "maxq: warning: cannot give way to other processes: %s\n", strerror(errno));
	group = getsid(0) == getpid() ? fopen("/proc/self/autogroup", "we") : NULL;
	if (group) {
		fprintf(group, "%d", NICEST);
		fclose(group);
	}
}

/* Until a signal comes, or `parent`, which waits for us, has ended. */
static int serve_here(struct past *past, const char *store, const char *path, pid_t parent, struct err *err)
{
	struct viewer *viewer;
	bool is_there;
	int rc = check_store(store, &is_there, err);

	give_way();
	if (!rc)
		rc = viewer_open(&viewer, store, past->port, err);
	if (rc)
		return rc;
	/* it may be that another one was meant */
	if (!is_there)
		fprintf(stderr, "maxq: nothing is stored in '%s' yet: waiting for a run\n", store);
	printf(
	    "open %s%s in a browser on this machine; Ctrl-C ends it, and no run\n", viewer_url(viewer), path);
	fflush(stdout);
	while (!interrupt_signal() && getppid() == parent)
		clock_sleep_until(clock_ns() + PATIENCE_MS * NS_PER_MS);
	viewer_close(viewer);
	return 0;
}

/* By a child in a session of its own, which gets the signals from here. */
static int serve_apart(struct past *past, const char *store, const char *path, struct err *err)
{
	pid_t parent = getpid(), child = fork();
	bool told = false;
	int status;

	if (child < 0)
		return err_set(err, -errno, "cannot start a process: %s", strerror(errno));
	if (!child) {
		struct err failure;

		setsid();
		_exit(serve_here(past, store, path, parent, &failure) ? cli_fail(EXIT_CANNOT, &failure)
								      : EXIT_MEASURED);
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (interrupt_signal() && !told)
			told = !kill(child, SIGTERM);
		clock_sleep_until(clock_ns() + PATIENCE_MS * NS_PER_MS / 4);
	}
	/* it has said why */
	err->msg[0] = '\0';
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}

static int serve(struct past *past, int n, struct err *err)
{
	char store[STORE_PATH_MAX], path[RUNS_TEXT_MAX];
	int rc;

	if (!html_is_built_in())
		return html_write(NULL, NULL, err);
	rc = store_path(past->file, false, store, sizeof(store), err);
	if (!rc)
		rc = path_of_runs(past, n, path, sizeof(path), err);
	if (rc)
		return rc;
	interrupt_watch();
	return serve_apart(past, store, path, err);
}

int cmd_report(int argc, char **argv)
{
	static const char *const newest[] = {"last"};
	struct past past;
	struct err err;
	int rc = past_parse(&past, PAST_REPORT, argc, argv, &err), status = EXIT_MEASURED;

	if (rc < 0)
		status = cli_fail(EXIT_USAGE, &err);
	else if (past.help)
		status = past_help(PAST_REPORT, usage);
	else if (rc > RUNS_MAX)
		status = cli_fail(EXIT_USAGE, &(struct err){"report takes at most 32 runs"});
	else if (past.live && past.output)
		status = cli_fail(
		    EXIT_USAGE, &(struct err){"--live serves the page, and -o writes it: use one of them"});
	else if (past.port && !past.live)
		status = cli_fail(EXIT_USAGE, &(struct err){"--port is for --live"});
	else if (past.live)
		status = serve(&past, rc, &err) ? (err.msg[0] ? cli_fail(EXIT_CANNOT, &err) : EXIT_CANNOT)
						: EXIT_MEASURED;
	else if (report(&past, rc ? (const char *const *)past.operands : newest, rc ? rc : 1, &err))
		status = cli_fail(EXIT_CANNOT, &err);
	past_close(&past);
	return status;
}
