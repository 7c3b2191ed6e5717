// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The report page: one HTML file that holds its script, its style and the results, and loads nothing. The page is built in
 * (web/); only the data is put in here, as JSON in which no "<" is left, so that nothing of it can end its element, whatever
 * a server or a file has made of it.
 */
#ifndef MAXQ_REPORT_HTML_H
#define MAXQ_REPORT_HTML_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* False when maxq was built without npm: there is no page then. */
bool html_is_built_in(void);

/*
 * Adds a result (docs/result.schema.json) to the page's data, which begins as json_object(); `source` says where it is from.
 * Takes no reference over. 0, or -ENOMEM with a message.
 */
int html_add_result(json_t *data, const char *source, json_t *result, struct err *err);

/* Writes the page with this data: 0, or negative errno with a message. -ENOSYS: no page is built in. */
int html_write(const json_t *data, FILE *out, struct err *err);

/*
 * The same with another page, which has HTML_MARK once, where the data goes, and before it HTML_POLICY in its policy: -EPROTO without
 * them. With "live" in its data it is served, and may ask where it came from for more: HTML_POLICY_LIVE.
 */
#define HTML_MARK "<!--maxq:data-->"
#define HTML_POLICY "connect-src 'none'"
#define HTML_POLICY_LIVE "connect-src 'self'"
int html_fill(const char *page, size_t len, const json_t *data, FILE *out, struct err *err);

#endif
