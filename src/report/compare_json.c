// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/compare.h"
#include "report/json_put.h"

static json_t *difference_json(const struct difference *d)
{
	json_t *o = json_object();

	json_put(o, "figure", json_text(figure_name(d->figure)));
	json_put(o, "component", *d->component ? json_text(d->component) : json_null());
	json_put(o, "unit", json_text(figure_unit(d->figure)));
	json_put(o, "a", json_number(d->a));
	json_put(o, "b", json_number(d->b));
	json_put(o, "change", json_number(d->change.change));
	json_put(o, "change_ci95", json_interval(d->change.ci95));
	json_put(o, "p", json_number(d->change.p));
	json_put(o, "is_guess", json_boolean(d->is_guess));
	json_put(o, "difference", json_text(shown_name(d->shown)));
	return o;
}

static json_t *row_json(const struct compared *row)
{
	json_t *o = json_object(), *differences = json_array();

	for (size_t i = 0; i < row->n; i++)
		json_array_append_new(differences, difference_json(&row->differences[i]));
	json_put(o, "a", json_text(row->a->name));
	json_put(o, "b", json_text(row->b->name));
	json_put(o, "valid", json_boolean(row->a->valid && row->b->valid));
	json_put(o, "differences", differences);
	return o;
}

json_t *compare_json_rows(const struct comparison *c)
{
	json_t *o = json_object(), *rows = json_array(), *unlike = json_array();

	for (size_t i = 0; i < c->n_rows; i++)
		json_array_append_new(rows, row_json(&c->rows[i]));
	for (unsigned i = 0; i < c->n_unlike; i++)
		json_array_append_new(unlike, json_text(c->unlike[i]));
	json_put(o, "paired", json_boolean(c->is_paired));
	json_put(o, "rows", rows);
	json_put(o, "not_alike", unlike);
	return o;
}

static json_t *side_json(const char *name, const struct report *report)
{
	return json_pack("{s: o, s: o, s: o, s: b}", "name", json_text(name), "command",
	    json_text(report->command), "started_at", json_text(report->started_at), "complete",
	    report->complete);
}

json_t *compare_json(const struct compare_view *view)
{
	json_t *o = json_object(), *c = compare_json_rows(view->comparison);

	json_put(o, "schema", json_integer(1));
	json_put(o, "maxq", json_text(MAXQ_VERSION));
	json_put(o, "a", side_json(view->name_a, view->a));
	json_put(o, "b", side_json(view->name_b, view->b));
	json_put(o, "only_a", json_text(view->comparison->only_a));
	json_put(o, "only_b", json_text(view->comparison->only_b));
	json_object_update(o, c);
	json_decref(c);
	return o;
}
