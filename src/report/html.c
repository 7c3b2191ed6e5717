// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Any double comes back as it was. */
enum { DIGITS = 17 };

/* From the assembler file that web/build.sh writes; empty where there is no page. */
extern const char report_page[];
extern const uint64_t report_page_size;

bool html_is_built_in(void)
{
	return report_page_size > 0;
}

int html_add_result(json_t *data, const char *source, json_t *result, struct err *err)
{
	json_t *runs = json_object_get(data, "runs");
	/* names of files may be of any bytes */
	json_t *name = json_string(source);

	if (!runs) {
		json_object_set_new(data, "maxq", json_string(MAXQ_VERSION));
		json_object_set_new(data, "runs", json_array());
		runs = json_object_get(data, "runs");
	}
	if (json_array_append_new(runs,
		json_pack("{s: o, s: O}", "source", name ? name : json_string("a file"), "result", result)))
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

/* "<" stands only in strings of JSON, where its escape means the same. */
static int write_escaped(const char *text, size_t len, void *into)
{
	FILE *out = into;

	while (len) {
		const char *special = memchr(text, '<', len);
		size_t plain = special ? (size_t)(special - text) : len;

		if (fwrite(text, 1, plain, out) != plain)
			return -1;
		if (special && fputs("\\u003c", out) == EOF)
			return -1;
		text += plain + (special ? 1 : 0);
		len -= plain + (special ? 1 : 0);
	}
	return 0;
}

int html_fill(const char *page, size_t len, const json_t *data, FILE *out, struct err *err)
{
	const char *mark = memmem(page, len, HTML_MARK, strlen(HTML_MARK));
	size_t before = mark ? (size_t)(mark - page) : 0, after = before + strlen(HTML_MARK);
	const char *policy = memmem(page, before, HTML_POLICY, strlen(HTML_POLICY));
	size_t head = policy ? (size_t)(policy - page) : 0, rest = head + strlen(HTML_POLICY);

	if (!mark || !policy)
		return err_set(err, -EPROTO, "the report page has no place for the data: build maxq again");
	fwrite(page, 1, head, out);
	fputs(json_object_get(data, "live") ? HTML_POLICY_LIVE : HTML_POLICY, out);
	fwrite(page + rest, 1, before - rest, out);
	fputs("<script type=\"application/json\" id=\"data\">", out);
	if (json_dump_callback(data, write_escaped, out, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) &&
	    !ferror(out))
		return err_set(err, -ENOMEM, "out of memory");
	fputs("</script>", out);
	fwrite(page + after, 1, len - after, out);
	if (fflush(out) || ferror(out))
		return err_set(err, -EIO, "cannot write the report: %s", strerror(errno));
	return 0;
}

int html_write(const json_t *data, FILE *out, struct err *err)
{
	if (!html_is_built_in())
		return err_set(err, -ENOSYS,
		    "this maxq was built without the report page: install nodejs and npm, then build it again");
	return html_fill(report_page, report_page_size, data, out, err);
}
