// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A sink that keeps a run in the store, as it goes: with each load that is over what was sampled, with each step the results so
 * far, and what was printed of them. Until the run has ended, what is stored of it is marked as partial. It writes between
 * loads only, when nothing is measured. The first failure ends the storing, and nothing else: record_failure says it.
 */
#ifndef MAXQ_RUN_RECORD_H
#define MAXQ_RUN_RECORD_H

#include "report/text.h"
#include "store/store.h"

struct record {
	struct sink sink; /* the head: pass &record.sink */
	struct store *store;
	const char *const *labels; /* KEY=VALUE */
	size_t n_labels;
	const struct report *report; /* of the run, from its begin on */
	int64_t run;                 /* its id; 0: nothing was measured yet */
	int64_t began_ns;
	struct kept *kept; /* how far each result is stored */
	size_t n_kept;
	struct text_sink text; /* what is printed, once more */
	FILE *memory;
	char *printed;
	size_t printed_len;
	bool failed;
	struct err err;
};

/* Opens the store; the labels stay the caller's. To be released also after a failure. */
int record_init(
    struct record *record, const char *path, const char *const *labels, size_t n_labels, struct err *err);
void record_release(struct record *record);

/* What kept the run, or its end, from being stored; NULL: nothing did. */
const char *record_failure(const struct record *record);

#endif
