// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "stack/render.h"

enum { LOG_LINES = 8, LOG_BYTES = 600 };

static const int64_t grace_ns = NS_PER_S, poll_ns = 2 * NS_PER_MS, version_timeout_ns = 10 * NS_PER_S;

static void hide_controls(char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\n' && *text != '\t') || *text == 0x7f)
			*text = '?';
}

/* Until it has ended, is out of time, or we are to stop: 0 with its wait status. */
static int wait_for_end(struct child *child, int64_t timeout_ns, int *status, struct err *err)
{
	int64_t deadline_ns = clock_ns() + timeout_ns;

	while (!child_ended(child, status)) {
		if (interrupt_signal())
			return err_set(err, -EINTR, "interrupted");
		if (clock_ns() >= deadline_ns)
			return err_set(err, -ETIMEDOUT, "has not ended after %.3g s",
			    (double)timeout_ns / (double)NS_PER_S);
		clock_sleep_until(clock_ns() + poll_ns);
	}
	if (WIFSIGNALED(*status))
		return err_set(err, -ECHILD, "was killed by signal %d (%s)", WTERMSIG(*status),
		    strsignal(WTERMSIG(*status)));
	if (WEXITSTATUS(*status))
		return err_set(err, -ECHILD, "ended with status %d", WEXITSTATUS(*status));
	return 0;
}

/* Says which command failed, and how it ended. */
static void tell(const struct component *component, const char *program, const char *log, int rc,
    const struct err *why, struct err *err)
{
	struct buf tail;

	buf_init(&tail, LOG_BYTES);
	file_tail(log, LOG_LINES, LOG_BYTES, &tail);
	while (tail.len && tail.data[tail.len - 1] == '\n')
		tail.data[--tail.len] = '\0';
	hide_controls(tail.data);
	err_set(err, rc, "'%s' of %s %s%s%s", program, component->name, why->msg,
	    tail.len ? "; its output ends:\n" : "", tail.data);
	buf_release(&tail);
}

/* What it wrote, as far as there is room. */
static void read_output(const char *log, struct buf *output)
{
	if (output)
		file_read(log, output, NULL);
}

int command_run(const struct component *component, char *const *command, unsigned count, int64_t timeout_ns,
    struct buf *output, struct err *err)
{
	char top[FILE_PRIVATE_DIR_MAX], dir[FILE_PRIVATE_DIR_MAX + 8], log[FILE_PRIVATE_DIR_MAX + 16];
	struct child_spec spec = {
	    .dir = dir, .log = log, .cgroup = "", .remove_dir = dir, .grace_ns = grace_ns};
	struct rendered rendered = {0};
	struct child *child = NULL;
	struct err why;
	int status, rc = file_private_dir(top, err);

	if (rc)
		return rc;
	snprintf(dir, sizeof(dir), "%s/run", top);
	snprintf(log, sizeof(log), "%s/log", dir);
	if (mkdir(dir, 0700))
		rc = err_set(err, -errno, "cannot create '%s': %s", dir, strerror(errno));
	if (!rc)
		rc = render_command(component, command, count, dir, &rendered, err);
	if (!rc) {
		spec.argv = (const char *const *)rendered.argv;
		spec.env = (const char *const *)rendered.env;
		rc = child_start(&child, &spec, err);
	}
	if (!rc) {
		rc = wait_for_end(child, timeout_ns, &status, &why);
		if (rc)
			tell(component, rendered.argv[0], log, rc, &why, err);
		else
			read_output(log, output);
	}
	child_stop(child);
	rendered_release(&rendered);
	file_remove_tree(top);
	return rc;
}

int command_version(const struct component *component, char *text, struct err *err)
{
	enum { OUTPUT_MAX = 4096 };
	struct buf output;
	const char *line;
	int rc;

	if (!component->version_count)
		return err_set(err, -ENOENT, "the description of %s has no 'version'", component->name);
	buf_init(&output, OUTPUT_MAX);
	rc = command_run(
	    component, component->version, component->version_count, version_timeout_ns, &output, err);
	line = output.data + strspn(output.data, " \t\r\n");
	if (!rc && !*line)
		rc = err_set(
		    err, -EINVAL, "'%s' of %s printed no version", component->version[0], component->name);
	if (!rc) {
		snprintf(text, COMMAND_VERSION_MAX, "%.*s", (int)strcspn(line, "\r\n"), line);
		hide_controls(text);
	}
	buf_release(&output);
	return rc;
}
