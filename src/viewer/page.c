// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/json_put.h"
#include "report/live_file.h"
#include "viewer/parts.h"

int viewed_parse(struct viewed *viewed, const char *text)
{
	viewed->n = 0;
	while (*text) {
		char *end;
		long long run = strtoll(text, &end, 10);

		if (*text < '1' || *text > '9' || viewed->n == VIEWER_RUNS_MAX || (*end && *end != ','))
			return -EINVAL;
		viewed->runs[viewed->n++] = run;
		text = *end ? end + 1 : end;
	}
	return 0;
}

int64_t newest_going(const json_t *going)
{
	for (size_t i = json_array_size(going); i > 0; i--) {
		int64_t run =
		    (int64_t)json_integer_value(json_object_get(json_array_get(going, i - 1), "run"));

		if (run > 0)
			return run;
	}
	return 0;
}

json_t *viewer_run(struct store *store, int64_t run, struct err *err)
{
	char source[32];
	json_t *result = NULL, *json;

	if (store_read(store, run, &result, NULL, err))
		return NULL;
	snprintf(source, sizeof(source), "run %lld", (long long)run);
	json = json_pack("{s: s, s: I, s: o}", "source", source, "id", (json_int_t)run, "result", result);
	if (!json)
		err_set(err, -ENOMEM, "out of memory");
	return json;
}

json_t *viewer_history(struct store *store, struct err *err)
{
	struct store_filter filter = {.limit = VIEWER_HISTORY_MAX};
	struct run_summary *runs = NULL;
	int n = store_list(store, &filter, &runs, err);
	json_t *all;

	if (n < 0)
		return NULL;
	all = json_array();
	for (int i = 0; i < n; i++) {
		json_t *json = json_object();

		json_put(json, "id", json_integer(runs[i].id));
		json_put(json, "started_at", json_text(runs[i].started_at));
		json_put(json, "command", json_text(runs[i].command));
		json_put(json, "target", json_text(runs[i].target));
		json_put(json, "maximum_rps", json_number(runs[i].maximum_rps));
		json_put(json, "cost_us", json_number(runs[i].cost_us));
		json_put(json, "valid", json_boolean(runs[i].valid));
		json_put(json, "complete", json_boolean(runs[i].complete));
		json_put(json, "labels", json_text(runs[i].labels));
		json_array_append_new(all, json);
	}
	store_free_list(runs, (size_t)n);
	return all;
}

/* Without a history, as before the first run, there is none of anything. */
static int add_stored(json_t *data, json_t *live, const struct viewer *viewer, const struct viewed *viewed,
    const json_t *going, struct err *err)
{
	struct store *store = NULL;
	struct viewed newest = {.n = 1, .runs = {newest_going(going)}};
	json_t *runs = json_object_get(data, "runs"), *history;
	int rc = store_open(&store, viewer->store, false, err);

	if (rc)
		return rc == -ENOENT && !viewed->n ? 0 : rc;
	if (!viewed->n && newest.runs[0])
		viewed = &newest;
	for (size_t i = 0; i < viewed->n && !rc; i++) {
		json_t *run = viewer_run(store, viewed->runs[i], err);

		if (!run)
			rc = -ENOENT;
		else if (json_array_append_new(runs, run))
			rc = err_set(err, -ENOMEM, "out of memory");
	}
	history = rc ? NULL : viewer_history(store, err);
	if (history)
		json_put(live, "history", history);
	else if (!rc)
		rc = -EIO;
	store_close(store);
	return rc;
}

int page_make(
    const struct viewer *viewer, const struct viewed *viewed, char **page, size_t *len, struct err *err)
{
	char base[sizeof(viewer->token) + 2];
	json_t *going = live_file_read_all(viewer->store);
	json_t *live = json_object(), *data;
	FILE *out;
	int rc;

	snprintf(base, sizeof(base), "/%s/", viewer->token);
	json_put(live, "base", json_string(base));
	json_put(live, "run", viewed->n == 1 ? json_integer(viewed->runs[0]) : json_null());
	json_put(live, "follows", json_boolean(viewed->n <= 1));
	json_put(live, "going", json_incref(going));
	json_put(live, "history", json_array());
	data = json_pack("{s: s, s: [], s: O}", "maxq", MAXQ_VERSION, "runs", "live", live);
	rc = data ? add_stored(data, live, viewer, viewed, going, err)
		  : err_set(err, -ENOMEM, "out of memory");
	out = rc ? NULL : open_memstream(page, len);
	if (!rc && !out)
		rc = err_set(err, -ENOMEM, "out of memory");
	if (out) {
		rc = html_write(data, out, err);
		if (fclose(out) && !rc)
			rc = err_set(err, -ENOMEM, "out of memory");
		if (rc)
			free(*page);
	}
	json_decref(data);
	json_decref(live);
	json_decref(going);
	return rc;
}
