// SPDX-License-Identifier: GPL-3.0-or-later
#include "cluster/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTS = sizeof(struct counts) / sizeof(uint64_t) };

_Static_assert(sizeof(struct counts) % sizeof(uint64_t) == 0, "counts are numbers only");

const char *wire_version(void)
{
	return MAXQ_VERSION;
}

void wire_totals_init(struct wire_totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	for (int i = 0; i < WIRE_EXTREMES; i++)
		totals->least[i] = UINT64_MAX;
}

void wire_totals_pack(struct wire_totals *totals, const struct step_sample *sample)
{
	uint64_t *at = totals->sums;

	memcpy(at, &sample->counts, sizeof(sample->counts));
	at += COUNTS;
	*at++ = sample->in_flight;
	*at++ = sample->unsent;
	*at++ = sample->clients_connected;
	memcpy(at, sample->status, sizeof(sample->status));
	at += STATUS_CODES;
	*at++ = sample->latency->count;
	*at++ = sample->latency->sum_ns;
	memcpy(at, sample->latency->bucket, sizeof(sample->latency->bucket));
	totals->least[0] = sample->latency->min_ns;
	totals->most[0] = sample->latency->max_ns;
	/* 0: there was none */
	totals->least[1] = sample->size_min ? sample->size_min : UINT64_MAX;
	totals->most[1] = sample->size_max;
}

void wire_totals_unpack(const struct wire_totals *totals, struct step_sample *sample)
{
	const uint64_t *at = totals->sums;

	memcpy(&sample->counts, at, sizeof(sample->counts));
	at += COUNTS;
	sample->in_flight = *at++;
	sample->unsent = *at++;
	sample->clients_connected = (unsigned)*at++;
	memcpy(sample->status, at, sizeof(sample->status));
	at += STATUS_CODES;
	sample->latency->count = *at++;
	sample->latency->sum_ns = *at++;
	memcpy(sample->latency->bucket, at, sizeof(sample->latency->bucket));
	sample->latency->min_ns = totals->least[0];
	sample->latency->max_ns = totals->most[0];
	sample->size_min = totals->least[1] == UINT64_MAX ? 0 : totals->least[1];
	sample->size_max = totals->most[1];
}

/* What stands before the arrays. */
struct head {
	uint64_t magic;
	uint64_t n_windows, warmup_windows, n_processes;
	unsigned clients, threads, used_cpus;
	int first_error[FAILURE_COUNT];
	double others_busy, kernel_busy, clock_off;
	struct other_process other;
	struct rank_share share;
	struct wire_texts texts;
};

static const uint64_t magic = 0x6d61787153616d70; /* "maxqSamp" */

void wire_sample_pack(struct buf *buf, const struct step_sample *sample, const struct rank_share *share)
{
	struct head head = {.magic = magic,
	    .n_windows = sample->n_windows,
	    .warmup_windows = sample->warmup_windows,
	    .n_processes = sample->n_processes,
	    .clients = sample->clients,
	    .threads = sample->threads,
	    .used_cpus = sample->used_cpus,
	    .others_busy = sample->others_busy,
	    .kernel_busy = sample->kernel_busy,
	    .clock_off = sample->clock_off,
	    .other = sample->other,
	    .share = *share};

	memcpy(head.first_error, sample->first_error, sizeof(head.first_error));
	snprintf(head.texts.io, sizeof(head.texts.io), "%s", sample->io ? sample->io : "");
	for (int i = 0; i < FAILURE_COUNT; i++)
		snprintf(head.texts.first_why[i], WIRE_TEXT_MAX, "%s",
		    sample->first_why[i] ? sample->first_why[i] : "");
	buf_append(buf, &head, sizeof(head));
	buf_append(buf, sample->processes, sample->n_processes * sizeof(*sample->processes));
	for (size_t w = 0; w < sample->n_windows; w++) {
		struct observed seen = sample->observed[w];

		seen.processes = NULL;
		buf_append(buf, &sample->windows[w], sizeof(sample->windows[w]));
		buf_append(buf, &seen, sizeof(seen));
		buf_append(buf, sample->observed[w].processes, seen.n_processes * sizeof(*seen.processes));
	}
}

/* What is still to be read of a message. */
struct reader {
	const char *at;
	size_t left;
};

static bool take(struct reader *reader, void *into, size_t len)
{
	if (len > reader->left)
		return false;
	memcpy(into, reader->at, len);
	reader->at += len;
	reader->left -= len;
	return true;
}

static int unpack_window(struct reader *reader, size_t n_processes, struct step_sample *sample)
{
	struct window window;
	struct observed seen;
	int rc;

	if (!take(reader, &window, sizeof(window)) || !take(reader, &seen, sizeof(seen)) ||
	    seen.n_processes > n_processes)
		return -EPROTO;
	seen.processes = calloc(seen.n_processes + 1, sizeof(*seen.processes));
	if (!seen.processes)
		return -ENOMEM;
	rc = take(reader, seen.processes, seen.n_processes * sizeof(*seen.processes))
	    ? step_sample_add(sample, &window, &seen, NULL)
	    : -EPROTO;
	free(seen.processes);
	return rc;
}

int wire_sample_unpack(const void *data, size_t len, struct step_sample *sample, struct rank_share *share,
    struct wire_texts *texts)
{
	struct reader reader = {.at = data, .left = len};
	struct head head;
	int rc = 0;

	if (!take(&reader, &head, sizeof(head)) || head.magic != magic ||
	    head.n_processes > reader.left / sizeof(*sample->processes))
		return -EPROTO;
	sample->clients = head.clients;
	sample->threads = head.threads;
	sample->used_cpus = head.used_cpus;
	sample->warmup_windows = head.warmup_windows;
	sample->others_busy = head.others_busy;
	sample->kernel_busy = head.kernel_busy;
	sample->clock_off = head.clock_off;
	sample->other = head.other;
	memcpy(sample->first_error, head.first_error, sizeof(sample->first_error));
	sample->processes = calloc(head.n_processes + 1, sizeof(*sample->processes));
	if (!sample->processes)
		return -ENOMEM;
	sample->n_processes = head.n_processes;
	take(&reader, sample->processes, head.n_processes * sizeof(*sample->processes));
	for (uint64_t w = 0; w < head.n_windows && !rc; w++)
		rc = unpack_window(&reader, head.n_processes, sample);
	if (!rc && (reader.left || head.warmup_windows > head.n_windows))
		rc = -EPROTO;
	*share = head.share;
	*texts = head.texts;
	return rc;
}
