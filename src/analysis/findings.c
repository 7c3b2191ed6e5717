// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/findings.h"

#include <stdarg.h>
#include <stdio.h>

const char *level_name(enum finding_level level)
{
	static const char *const names[LEVEL_COUNT] = {
	    [LEVEL_OK] = "ok",
	    [LEVEL_NOTE] = "note",
	    [LEVEL_WARNING] = "warning",
	    [LEVEL_PROBLEM] = "problem",
	};

	return names[level];
}

struct finding *findings_add(struct findings *findings, const char *name)
{
	struct finding *finding;

	if (findings->n < FINDINGS_MAX)
		findings->n++;
	finding = &findings->list[findings->n - 1];
	*finding = (struct finding){.name = name};
	return finding;
}

enum finding_level findings_worst(const struct findings *findings)
{
	enum finding_level worst = LEVEL_OK;

	for (size_t i = 0; i < findings->n; i++)
		if (findings->list[i].level > worst)
			worst = findings->list[i].level;
	return worst;
}

void finding_found(struct finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->found, sizeof(finding->found), fmt, args);
	va_end(args);
}

void finding_wanted(struct finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->wanted, sizeof(finding->wanted), fmt, args);
	va_end(args);
}

void finding_mend(struct finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->mend, sizeof(finding->mend), fmt, args);
	va_end(args);
}

void finding_advice(struct finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->advice, sizeof(finding->advice), fmt, args);
	va_end(args);
}

void finding_judge(struct finding *finding, enum finding_level level, const char *effect, ...)
{
	va_list args;

	finding->level = level;
	va_start(args, effect);
	vsnprintf(finding->effect, sizeof(finding->effect), effect, args);
	va_end(args);
}
