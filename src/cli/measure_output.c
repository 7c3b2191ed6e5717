// SPDX-License-Identifier: GPL-3.0-or-later
/* What becomes of the result: where it is shown, written and kept. */
#include <errno.h>

#include "cli/label.h"
#include "cli/measure_set.h"

int set_store(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->store = value;
	return 0;
}

int set_no_store(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->no_store = true;
	return 0;
}

int set_store_query(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.show_query = true;
	return 0;
}

int add_label(void *into, const char *value, struct err *err)
{
	struct measure *m = measure_of(into);
	int rc = label_check(value, err);

	if (rc)
		return rc;
	if (m->n_labels == STORE_LABELS_MAX)
		return err_set(err, -EINVAL, "too many labels: at most %d", STORE_LABELS_MAX);
	m->labels[m->n_labels++] = value;
	return 0;
}

int set_anyway(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->anyway = true;
	return 0;
}

int set_markdown(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->markdown = value;
	return 0;
}

int set_csv(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->csv = value;
	return 0;
}

int set_json(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->json = value;
	return 0;
}

int set_folded(void *into, const char *value, struct err *err)
{
	measure_of(into)->outputs.folded = value;
	return set_functions(into, NULL, err);
}

int set_flame(void *into, const char *value, struct err *err)
{
	measure_of(into)->outputs.flame = value;
	return set_functions(into, NULL, err);
}

int set_quiet(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->quiet = true;
	return 0;
}

int set_plain(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plain = true;
	return 0;
}

int set_help(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->help = true;
	return 0;
}
