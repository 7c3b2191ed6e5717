// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "sample/hist_pack.h"
#include "store/sql.h"

enum { LATENCY_MAX = 1 << 20 };

void new_uid(char uid[UID_SIZE])
{
	uint8_t bytes[UID_SIZE / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		sqlite3_randomness(sizeof(bytes), bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(uid + 2 * i, 3, "%02x", bytes[i]);
}

static void bind_summary(sqlite3_stmt *statement, int at, const struct run_summary *s)
{
	sql_bind_text(statement, at, s->target);
	sql_bind_number(statement, at + 1, s->maximum_rps);
	sql_bind_number(statement, at + 2, s->cost_us);
	sql_bind_integer(statement, at + 3, s->valid);
	sql_bind_integer(statement, at + 4, s->complete);
}

static int64_t insert_run(struct store *store, const struct store_run *run, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store,
	    "INSERT INTO runs (target, maximum_rps, cost_us, valid, complete, uid, started_at, maxq, command, host,"
	    " document, printed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    err);
	char uid[UID_SIZE];
	int rc;

	if (!run->uid)
		new_uid(uid);
	bind_summary(statement, 1, run->summary);
	sql_bind_text(statement, 6, run->uid ? run->uid : uid);
	sql_bind_text(statement, 7, run->summary->started_at);
	sql_bind_text(statement, 8, run->maxq);
	sql_bind_text(statement, 9, run->summary->command);
	sql_bind_text(statement, 10, run->host);
	sql_bind_text(statement, 11, run->head ? run->head : "{}");
	sql_bind_text(statement, 12, run->printed);
	rc = sql_run_once(store, statement, err);
	return rc ? rc : sqlite3_last_insert_rowid(store->db);
}

int64_t store_put_run(struct store *store, const struct store_run *run, struct err *err)
{
	sqlite3_stmt *statement;
	int rc;

	if (!run->summary->id)
		return insert_run(store, run, err);
	statement = sql_prepare(store,
	    "UPDATE runs SET target = ?, maximum_rps = ?, cost_us = ?, valid = ?, complete = ?,"
	    " document = ifnull(?, document), printed = ? WHERE id = ?",
	    err);
	bind_summary(statement, 1, run->summary);
	sql_bind_text(statement, 6, run->head);
	sql_bind_text(statement, 7, run->printed);
	sql_bind_integer(statement, 8, run->summary->id);
	rc = sql_run_once(store, statement, err);
	return rc ? rc : run->summary->id;
}

int store_put_label(struct store *store, int64_t run, const char *key, const char *value, struct err *err)
{
	sqlite3_stmt *statement =
	    sql_prepare(store, "INSERT OR REPLACE INTO labels (run, key, value) VALUES (?, ?, ?)", err);

	sql_bind_integer(statement, 1, run);
	sql_bind_text(statement, 2, key);
	sql_bind_text(statement, 3, value);
	return sql_run_once(store, statement, err);
}

int store_put_result(struct store *store, int64_t run, size_t result, const char *document, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(
	    store, "INSERT OR REPLACE INTO results (run, result, document) VALUES (?, ?, ?)", err);

	sql_bind_integer(statement, 1, run);
	sql_bind_integer(statement, 2, (int64_t)result);
	sql_bind_text(statement, 3, document);
	return sql_run_once(store, statement, err);
}

static int64_t insert_load(struct store *store, const struct store_load *load, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store,
	    "INSERT INTO loads (run, result, round, clients, at_ns, warmup_windows, latency, tracer)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	    err);
	struct buf latency;
	int rc;

	buf_init(&latency, LATENCY_MAX);
	rc = hist_pack(load->sample->latency, &latency);
	if (rc)
		err_set(err, rc, "out of memory");
	sql_bind_integer(statement, 1, load->run);
	sql_bind_integer(statement, 2, (int64_t)load->result);
	sql_bind_integer(statement, 3, load->round);
	sql_bind_integer(statement, 4, load->sample->clients);
	sql_bind_integer(statement, 5, load->at_ns);
	sql_bind_integer(statement, 6, (int64_t)load->sample->warmup_windows);
	sql_bind_blob(statement, 7, latency.data, latency.len);
	sql_bind_text(statement, 8, load->tracer);
	if (!rc)
		rc = sql_run(store, statement, err);
	sql_finish(statement);
	buf_release(&latency);
	return rc ? rc : sqlite3_last_insert_rowid(store->db);
}

static int add_processes(struct store *store, int64_t load, const struct step_sample *sample, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(
	    store, "INSERT INTO processes (load, process, pid, component, comm) VALUES (?, ?, ?, ?, ?)", err);
	int rc = statement ? 0 : -EIO;

	for (size_t i = 0; i < sample->n_processes && !rc; i++) {
		const struct process_facts *p = &sample->processes[i];

		sql_bind_integer(statement, 1, load);
		sql_bind_integer(statement, 2, (int64_t)i);
		sql_bind_integer(statement, 3, p->pid);
		sql_bind_text(statement, 4, p->component);
		sql_bind_text(statement, 5, p->comm);
		rc = sql_run(store, statement, err);
	}
	sql_finish(statement);
	return rc;
}

static void bind_window(sqlite3_stmt *statement, int at, const struct step_sample *sample, size_t w)
{
	const struct window *window = &sample->windows[w];
	const struct observed *seen = &sample->observed[w];
	const int64_t values[] = {
	    window->start_ns - sample->windows[0].start_ns,
	    window->end_ns - sample->windows[0].start_ns,
	    (int64_t)window->counts.started,
	    (int64_t)window->counts.completed,
	    (int64_t)counts_errors(&window->counts),
	    (int64_t)window->counts.connections,
	    (int64_t)window->counts.bytes_in,
	    (int64_t)window->counts.bytes_out,
	    window->generator.user_ns,
	    window->generator.system_ns,
	    window->generator_busiest_ns,
	    window->generator_wait_ns,
	    seen->host.busy_ns,
	    seen->host.softirq_ns,
	    seen->host.steal_ns,
	    seen->queue.waiting,
	    (int64_t)seen->queue.overflows,
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		sql_bind_integer(statement, at + (int)i, values[i]);
}

static int add_windows(struct store *store, int64_t load, const struct step_sample *sample, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store,
	    "INSERT INTO windows (load, window, start_ns, end_ns, started, completed, errors, connections, bytes_in,"
	    " bytes_out, generator_user_ns, generator_system_ns, generator_busiest_ns, generator_wait_ns, host_busy_ns,"
	    " host_softirq_ns, host_steal_ns, queue_waiting, queue_overflows)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    err);
	int rc = statement ? 0 : -EIO;

	for (size_t w = 0; w < sample->n_windows && !rc; w++) {
		sql_bind_integer(statement, 1, load);
		sql_bind_integer(statement, 2, (int64_t)w);
		bind_window(statement, 3, sample, w);
		rc = sql_run(store, statement, err);
	}
	sql_finish(statement);
	return rc;
}

static int add_window_processes(
    struct store *store, int64_t load, const struct step_sample *sample, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store,
	    "INSERT INTO window_processes (load, window, process, total_ns, user_ns, system_ns)"
	    " VALUES (?, ?, ?, ?, ?, ?)",
	    err);
	int rc = statement ? 0 : -EIO;

	for (size_t w = 0; w < sample->n_windows && !rc; w++) {
		for (size_t i = 0; i < sample->observed[w].n_processes && i < sample->n_processes && !rc;
		     i++) {
			struct process_cpu cpu = step_sample_process(sample, w, i);

			sql_bind_integer(statement, 1, load);
			sql_bind_integer(statement, 2, (int64_t)w);
			sql_bind_integer(statement, 3, (int64_t)i);
			sql_bind_integer(statement, 4, cpu.total_ns);
			sql_bind_integer(statement, 5, cpu.user_ns);
			sql_bind_integer(statement, 6, cpu.system_ns);
			rc = sql_run(store, statement, err);
		}
	}
	sql_finish(statement);
	return rc;
}

int store_add_load(struct store *store, const struct store_load *load, struct err *err)
{
	int64_t id = insert_load(store, load, err);
	int rc = id < 0 ? (int)id : add_processes(store, id, load->sample, err);

	if (!rc)
		rc = add_windows(store, id, load->sample, err);
	if (!rc)
		rc = add_window_processes(store, id, load->sample, err);
	return rc;
}

int store_set_step(struct store *store, int64_t run, size_t result, size_t step, struct err *err)
{
	/* the search comes before the rounds, and the step of the rounds after all of them; what was traced is in none */
	sqlite3_stmt *statement = sql_prepare(store,
	    "UPDATE loads SET step = ?3 WHERE run = ?1 AND result = ?2 AND step IS NULL AND tracer IS NULL"
	    " AND (round > 0 OR id = (SELECT max(id) FROM loads WHERE run = ?1 AND result = ?2))",
	    err);

	sql_bind_integer(statement, 1, run);
	sql_bind_integer(statement, 2, (int64_t)result);
	sql_bind_integer(statement, 3, (int64_t)step);
	return sql_run_once(store, statement, err);
}

int store_forget(struct store *store, int64_t run, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store, "DELETE FROM runs WHERE id = ?", err);

	sql_bind_integer(statement, 1, run);
	return sql_run_once(store, statement, err);
}
