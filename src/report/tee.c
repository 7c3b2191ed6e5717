// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/tee.h"

static struct tee_sink *tee_of(struct sink *sink)
{
	return (struct tee_sink *)sink; /* its first member */
}

static void tee_begin(struct sink *sink, const struct report *report)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->begin)
			tee->to[i]->begin(tee->to[i], report);
}

static void tee_warn(struct sink *sink, const struct finding *finding)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->warn)
			tee->to[i]->warn(tee->to[i], finding);
}

static void tee_findings(struct sink *sink, const struct findings *findings)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->findings)
			tee->to[i]->findings(tee->to[i], findings);
}

static void tee_examined(struct sink *sink, const struct examined *examined)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->examined)
			tee->to[i]->examined(tee->to[i], examined);
}

static void tee_row(struct sink *sink, const struct progress *progress, const char *doing)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->row)
			tee->to[i]->row(tee->to[i], progress, doing);
}

static void tee_window(struct sink *sink, const struct progress *progress, const struct window *window,
    const struct observed *seen)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->window)
			tee->to[i]->window(tee->to[i], progress, window, seen);
}

static void tee_sample(struct sink *sink, const struct progress *progress, const struct step_sample *sample)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->sample)
			tee->to[i]->sample(tee->to[i], progress, sample);
}

static void tee_step(struct sink *sink, const struct progress *progress, const struct step *step)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->step)
			tee->to[i]->step(tee->to[i], progress, step);
}

static void tee_searched(struct sink *sink, const struct progress *progress, const struct step *step)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->searched)
			tee->to[i]->searched(tee->to[i], progress, step);
}

static void tee_result(struct sink *sink, const struct result *result)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->result)
			tee->to[i]->result(tee->to[i], result);
}

static void tee_end(struct sink *sink, const struct report *report)
{
	struct tee_sink *tee = tee_of(sink);

	for (size_t i = 0; i < tee->n; i++)
		if (tee->to[i]->end)
			tee->to[i]->end(tee->to[i], report);
}

void tee_sink_init(struct tee_sink *tee)
{
	*tee = (struct tee_sink){
	    .sink = {.begin = tee_begin,
		.warn = tee_warn,
		.findings = tee_findings,
		.examined = tee_examined,
		.row = tee_row,
		.window = tee_window,
		.sample = tee_sample,
		.step = tee_step,
		.searched = tee_searched,
		.result = tee_result,
		.end = tee_end},
	};
}

void tee_sink_add(struct tee_sink *tee, struct sink *sink)
{
	if (tee->n < TEE_MAX)
		tee->to[tee->n++] = sink;
}
