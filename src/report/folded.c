// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/folded.h"

#include <inttypes.h>

#include "report/functions.h"

/* What separates frames and lines is not part of a name. */
static void write_name(const char *name, FILE *out)
{
	for (; *name; name++)
		fputc(*name == ';' ? ':' : (unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name, out);
}

static void write_stack(
    const struct stacks *s, const uint32_t *frames, size_t n, unsigned component, FILE *out)
{
	write_name(s->components[component], out);
	for (size_t i = 0; i < n; i++) {
		char label[FRAME_LABEL_MAX];
		struct frame frame = stacks_frame_at(s, frames[i]);

		frame_label(&frame, label);
		fputc(';', out);
		write_name(label, out);
	}
}

void folded_write(const struct report *report, FILE *out)
{
	for (size_t r = 0; r < report->n_results; r++) {
		const struct result *result = &report->results[r];

		for (size_t i = 0; result->functions && i < stacks_count(&result->functions->stacks); i++) {
			size_t n;
			unsigned component;
			uint64_t count;
			const uint32_t *frames =
			    stacks_at(&result->functions->stacks, i, &n, &component, &count);

			if (report->n_results > 1) {
				write_name(result->name, out);
				fputc(';', out);
			}
			write_stack(&result->functions->stacks, frames, n, component, out);
			fprintf(out, " %" PRIu64 "\n", count);
		}
	}
}
