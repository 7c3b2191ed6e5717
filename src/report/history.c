// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/history.h"

#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/units.h"

enum { CELL = 512 };

static char visible(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

static void put(struct libscols_line *line, size_t column, const char *text)
{
	char cell[CELL];

	snprintf(cell, sizeof(cell), "%s", text);
	for (char *p = cell; *p; p++)
		*p = visible(*p);
	scols_line_set_data(line, column, cell);
}

static void fill_line(struct libscols_line *line, const struct run_summary *run)
{
	char cell[CELL] = "-";

	snprintf(cell, sizeof(cell), "%lld", (long long)run->id);
	put(line, 0, cell);
	/* 2026-01-31T12:00:00Z: as people read it, without the seconds */
	snprintf(cell, sizeof(cell), "%.10s %.5s", run->started_at,
	    strlen(run->started_at) > 11 ? run->started_at + 11 : "");
	put(line, 1, cell);
	put(line, 2, run->command);
	put(line, 3, run->target);
	snprintf(cell, sizeof(cell), "-");
	if (isfinite(run->maximum_rps))
		format_count(cell, sizeof(cell), run->maximum_rps);
	put(line, 4, cell);
	snprintf(cell, sizeof(cell), "-");
	if (isfinite(run->cost_us))
		snprintf(cell, sizeof(cell), "%.2f", run->cost_us);
	put(line, 5, cell);
	put(line, 6, !run->complete ? "partial" : run->valid ? "yes" : "no");
	put(line, 7, run->labels ? run->labels : "");
}

void history_print(const struct run_summary *runs, size_t n, FILE *out)
{
	static const struct {
		const char *title;
		int flags;
	} columns[] = {{"run", SCOLS_FL_RIGHT}, {"when (UTC)", 0}, {"command", 0}, {"target", 0},
	    {"q/s", SCOLS_FL_RIGHT}, {"us/req", SCOLS_FL_RIGHT}, {"valid", 0}, {"labels", 0}};
	struct libscols_table *table = scols_new_table();

	if (!table)
		return;
	scols_table_set_stream(table, out);
	scols_table_enable_noencoding(table, 1);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		scols_table_new_column(table, columns[i].title, 0, columns[i].flags);
	for (size_t i = 0; i < n; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (line)
			fill_line(line, &runs[i]);
	}
	scols_print_table(table);
	scols_unref_table(table);
}

/* U+0080 to U+009F, which some terminals obey as they do escape sequences. */
static bool is_c1(const char *text)
{
	return text[0] == '\xc2' && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] <= 0x9f;
}

void history_print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		bool c1 = is_c1(text);

		fputc(c1 ? '?' : *text == '\n' ? '\n' : visible(*text), out);
		text += c1;
	}
}
