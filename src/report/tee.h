// SPDX-License-Identifier: GPL-3.0-or-later
/* A sink that tells several others, in their order, all that it is told. */
#ifndef MAXQ_REPORT_TEE_H
#define MAXQ_REPORT_TEE_H

#include "report/sink.h"

enum { TEE_MAX = 8 };

struct tee_sink {
	struct sink sink; /* the head: pass &tee.sink */
	size_t n;
	struct sink *to[TEE_MAX];
};

/* To nobody yet. */
void tee_sink_init(struct tee_sink *tee);

/* The sink stays the caller's. At most TEE_MAX: more are left out. */
void tee_sink_add(struct tee_sink *tee, struct sink *sink);

#endif
