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

int64_t viewer_find_newest(const json_t *going)
{
	for (size_t i = json_array_size(going); i > 0; i--) {
		int64_t run =
		    (int64_t)json_integer_value(json_object_get(json_array_get(going, i - 1), "run"));

		if (run > 0)
			return run;
	}
	return 0;
}

int viewer_read_run(struct store *store, int64_t run, json_t **json, struct err *err)
{
	char source[32];
	json_t *result = NULL;
	int rc = store_read(store, run, &result, NULL, err);

	if (rc)
		return rc;
	snprintf(source, sizeof(source), "run %lld", (long long)run);
	*json = json_pack("{s: s, s: I, s: o}", "source", source, "id", (json_int_t)run, "result", result);
	return *json ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static json_t *summary_json(const struct run_summary *run)
{
	json_t *json = json_object();

	json_put(json, "id", json_integer(run->id));
	json_put(json, "started_at", json_text(run->started_at));
	json_put(json, "command", json_text(run->command));
	json_put(json, "target", json_text(run->target));
	json_put(json, "maximum_rps", json_number(run->maximum_rps));
	json_put(json, "cost_us", json_number(run->cost_us));
	json_put(json, "valid", json_boolean(run->valid));
	json_put(json, "complete", json_boolean(run->complete));
	json_put(json, "labels", json_text(run->labels));
	return json;
}

int viewer_read_history(struct store *store, json_t **json, struct err *err)
{
	struct store_filter filter = {.limit = VIEWER_HISTORY_MAX};
	struct run_summary *runs = NULL;
	int n = store_list(store, &filter, &runs, err);

	if (n < 0)
		return n;
	*json = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(*json, summary_json(&runs[i]));
	store_free_list(runs, (size_t)n);
	return *json ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static int add_run(struct store *store, json_t *runs, int64_t id, struct err *err)
{
	json_t *run = NULL;
	int rc = viewer_read_run(store, id, &run, err);

	if (!rc && json_array_append_new(runs, run))
		rc = err_set(err, -ENOMEM, "out of memory");
	return rc;
}

/* Without a history, as before the first run, there is none of anything. */
static int add_stored(json_t *data, json_t *live, const struct viewer *viewer, const struct viewed *viewed,
    const json_t *going, struct err *err)
{
	json_t *runs = json_object_get(data, "runs"), *history = NULL;
	int64_t newest = viewer_find_newest(going);
	struct store *store = NULL;
	int rc = store_open_to_read(&store, viewer->store, err);

	if (rc)
		return rc == -ENOENT && !viewed->n ? 0 : rc;
	for (size_t i = 0; i < viewed->n && !rc; i++)
		rc = add_run(store, runs, viewed->runs[i], err);
	if (!viewed->n && newest) {
		rc = add_run(store, runs, newest, err);
		/* it was forgotten: nobody asked for it */
		rc = rc == -ENOENT ? 0 : rc;
	}
	if (!rc)
		rc = viewer_read_history(store, &history, err);
	if (!rc)
		json_put(live, "history", history);
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
