// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "report/compare.h"

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
	json_t *string = json_string(value);

	return string ? string : json_string("(not UTF-8)");
}

static json_t *difference_json(const struct difference *d)
{
	json_t *o = json_object();

	json_object_set_new(o, "figure", text(figure_name(d->figure)));
	json_object_set_new(o, "component", *d->component ? text(d->component) : json_null());
	json_object_set_new(o, "unit", text(figure_unit(d->figure)));
	json_object_set_new(o, "a", number(d->a));
	json_object_set_new(o, "b", number(d->b));
	json_object_set_new(o, "change", number(d->change.change));
	json_object_set_new(
	    o, "change_ci95", json_pack("[o, o]", number(d->change.ci95.lo), number(d->change.ci95.hi)));
	json_object_set_new(o, "p", number(d->change.p));
	json_object_set_new(o, "is_guess", json_boolean(d->is_guess));
	json_object_set_new(o, "difference", text(shown_name(d->shown)));
	return o;
}

static json_t *row_json(const struct compared *row)
{
	json_t *o = json_object(), *differences = json_array();

	for (size_t i = 0; i < row->n; i++)
		json_array_append_new(differences, difference_json(&row->differences[i]));
	json_object_set_new(o, "a", text(row->a->name));
	json_object_set_new(o, "b", text(row->b->name));
	json_object_set_new(o, "valid", json_boolean(row->a->valid && row->b->valid));
	json_object_set_new(o, "differences", differences);
	return o;
}

json_t *compare_json_rows(const struct comparison *c)
{
	json_t *o = json_object(), *rows = json_array(), *unlike = json_array();

	for (size_t i = 0; i < c->n_rows; i++)
		json_array_append_new(rows, row_json(&c->rows[i]));
	for (unsigned i = 0; i < c->n_unlike; i++)
		json_array_append_new(unlike, text(c->unlike[i]));
	json_object_set_new(o, "paired", json_boolean(c->is_paired));
	json_object_set_new(o, "rows", rows);
	json_object_set_new(o, "not_alike", unlike);
	return o;
}

static json_t *side_json(const char *name, const struct report *report)
{
	return json_pack("{s: o, s: o, s: o, s: b}", "name", text(name), "command", text(report->command),
	    "started_at", text(report->started_at), "complete", report->complete);
}

json_t *compare_json(const struct compare_view *view)
{
	json_t *o = json_object(), *c = compare_json_rows(view->comparison);

	json_object_set_new(o, "schema", json_integer(1));
	json_object_set_new(o, "maxq", text(MAXQ_VERSION));
	json_object_set_new(o, "a", side_json(view->name_a, view->a));
	json_object_set_new(o, "b", side_json(view->name_b, view->b));
	json_object_set_new(o, "only_a", text(view->comparison->only_a));
	json_object_set_new(o, "only_b", text(view->comparison->only_b));
	json_object_update(o, c);
	json_decref(c);
	return o;
}
