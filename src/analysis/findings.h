// SPDX-License-Identifier: GPL-3.0-or-later
/* What was found out about the fitness of the machine, a finding for each thing that was looked at. */
#ifndef MAXQ_ANALYSIS_FINDINGS_H
#define MAXQ_ANALYSIS_FINDINGS_H

#include <stddef.h>

enum finding_level {
	LEVEL_OK,
	LEVEL_NOTE,    /* worth knowing; costs nothing as planned */
	LEVEL_WARNING, /* may change the results */
	LEVEL_PROBLEM, /* the results would not be valid, or there would be none */
	LEVEL_COUNT,
};

enum { FINDINGS_MAX = 32, FINDING_TEXT_MAX = 400, FINDING_MEND_MAX = 1024 };

struct finding {
	const char *name; /* static text, a key of the schema */
	enum finding_level level;
	char found[FINDING_TEXT_MAX];
	char wanted[FINDING_TEXT_MAX]; /* empty when ok */
	char effect[FINDING_TEXT_MAX]; /* empty when ok */
	char mend[FINDING_MEND_MAX];   /* a command for a shell, to the letter; else empty */
	char advice[FINDING_TEXT_MAX]; /* what to do where no command helps, or beside it; else empty */
};

struct findings {
	size_t n;
	struct finding list[FINDINGS_MAX];
};

const char *level_name(enum finding_level level);

/* A new finding, which is ok. When there is no room the last one is given up for it. */
struct finding *findings_add(struct findings *findings, const char *name);

/* The worst level among them. */
enum finding_level findings_worst(const struct findings *findings);

/* Each writes one text, cut at its size. */
void finding_found(struct finding *finding, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_wanted(struct finding *finding, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_mend(struct finding *finding, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_advice(struct finding *finding, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the level, and says why it matters. */
void finding_judge(struct finding *finding, enum finding_level level, const char *effect, ...)
    __attribute__((format(printf, 3, 4)));

#endif
