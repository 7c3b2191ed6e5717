// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/unittest.h"

#include <stdio.h>
#include <string.h>

#include "report/findings.h"

enum { PRINTED_MAX = 16 * 1024 };

static void print(const struct findings *findings, char text[PRINTED_MAX])
{
	FILE *out = fmemopen(text, PRINTED_MAX, "w");

	assert_non_null(out);
	findings_print(findings, out);
	fclose(out);
}

static size_t widest(const char *text)
{
	size_t most = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");

		most = n > most ? n : most;
		text += n + (text[n] == '\n');
	}
	return most;
}

static void what_is_ok_is_one_line(void **state)
{
	struct findings findings = {0};
	char text[PRINTED_MAX];

	(void)state;
	finding_found(findings_add(&findings, "somaxconn"), "8191");
	print(&findings, text);
	assert_string_equal(text,
	    "ok      somaxconn        8191\n\nfit to measure as planned: 0 problems, 0 warnings, 0 notes\n");
}

static void what_is_not_is_a_paragraph(void **state)
{
	struct findings findings = {0};
	struct finding *f = findings_add(&findings, "somaxconn");
	char text[PRINTED_MAX];

	(void)state;
	finding_found(f, "128");
	finding_wanted(f, "8191");
	finding_judge(f, LEVEL_PROBLEM, "bad");
	finding_mend(f, "sudo x");
	finding_advice(f, "then y");
	print(&findings, text);
	assert_string_equal(text,
	    "PROBLEM somaxconn        128\n"
	    "  wanted  8191\n"
	    "  effect  bad\n"
	    "  mend    sudo x\n"
	    "  advice  then y\n"
	    "\nnot fit to measure as planned: 1 problem, 0 warnings, 0 notes\n");
}

static void everything_fits_80_columns(void **state)
{
	struct findings findings = {0};
	struct finding *f = findings_add(&findings, "server-cpu-limit");
	char text[PRINTED_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(f->found) - 1; i++)
		f->found[i] = f->effect[i] = i % 9 == 8 ? ' ' : 'x';
	f->level = LEVEL_WARNING;
	print(&findings, text);
	assert_in_range(widest(text), 60, 80);
}

/* A shell joins what a backslash at the end of a line has parted. */
static void long_commands_can_be_copied(void **state)
{
	struct findings findings = {0};
	struct finding *f = findings_add(&findings, "server-files");
	char text[PRINTED_MAX], joined[FINDING_MEND_MAX] = "", *command;
	size_t n = 0;

	(void)state;
	f->level = LEVEL_WARNING;
	for (size_t room = 20; room < 200; room++) {
		/* the word in quotes moves over the place where the line would be broken */
		finding_mend(f, "echo %.*s 'a b c d e f g h' \"i j\" | sudo tee %s", (int)room,
		    "xxxxxxxx xxxxxxx xxxxxxxx xxxxxxx xxxxxxxx xxxxxxxx xxxxxxxx xxxxxxx xxxxxxxx xxxxxxx xxxxxxxxx "
		    "xxxxxxxx xxxxxxx xxxxxxxx xxxxxxx xxxxxxxx xxxxxxxx xxxxxxxx xxxxxxx xxxxxxxx xxxxxxx xxxxxxxxx ",
		    "/sys/x");
		print(&findings, text);
		command = strstr(text, "  mend    ") + 10;
		*strstr(command, "\n\n") = '\0';
		for (n = 0; *command; command++) {
			if (!strncmp(command, " \\\n          ", 13))
				command += 12, joined[n++] = ' ';
			else
				joined[n++] = *command;
		}
		joined[n] = '\0';
		assert_string_equal(joined, f->mend);
		assert_non_null(strstr(joined, "'a b c d e f g h' \"i j\""));
		assert_in_range(widest(text), 50, 80);
		assert_non_null(strstr(text, "'a b c d e f g h'"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_ok_is_one_line),
	    cmocka_unit_test(what_is_not_is_a_paragraph),
	    cmocka_unit_test(everything_fits_80_columns),
	    cmocka_unit_test(long_commands_can_be_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
