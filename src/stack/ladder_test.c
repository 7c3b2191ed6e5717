// SPDX-License-Identifier: GPL-3.0-or-later
/* Ladders of chains of every shape, on a catalog that is written here. */
#include "stack/ladder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/unittest.h"

static char catalog[64];

static void write_component(const char *name, const char *yaml)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", catalog, name);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/component.yaml", catalog, name);
	assert_int_equal(file_write(path, yaml, strlen(yaml), NULL), 0);
}

static int make_catalog(void **state)
{
	(void)state;
	strcpy(catalog, "/tmp/maxq-test-XXXXXX");
	if (!mkdtemp(catalog))
		return -1;
	write_component("front",
	    "title: f\nabout: a\nlistens: {protocols: [http], tcp: 'x:{port}', unix: '{socket}'}\n"
	    "passes: {alone: a, tcp: 'x:{port}', unix: '{socket}', http: p, uwsgi: u, scgi: s}\ncommand: [f]\n");
	write_component("relay",
	    "title: r\nabout: a\nlistens: {protocols: [http], tcp: 'x:{port}', unix: '{socket}'}\n"
	    "passes: {tcp: 'x:{port}', unix: '{socket}', http: p, uwsgi: u}\ncommand: [r]\n");
	write_component("server",
	    "title: s\nabout: a\nlistens: {protocols: [http, uwsgi], tcp: '{port}', unix: '{socket}'}\n"
	    "hosts: wsgi\ncommand: [s]\n");
	write_component("skeleton-c",
	    "title: c\nabout: a\nlistens: {protocols: [http, uwsgi], tcp: '{port}', unix: '{socket}'}\n"
	    "command: [c]\n");
	write_component("skeleton", "title: a\nabout: a\napplication: {interface: wsgi, entry: m:a}\n");
	write_component(
	    "app", "title: a\nabout: a\nbare: small\napplication: {interface: wsgi, entry: m:a}\n");
	write_component("small", "title: a\nabout: a\napplication: {interface: wsgi, entry: m:b}\n");
	write_component(
	    "lost", "title: a\nabout: a\nbare: nobody\napplication: {interface: wsgi, entry: m:b}\n");
	write_component("rack",
	    "title: s\nabout: a\nlistens: {protocols: [scgi], tcp: '{port}'}\nhosts: rack\ncommand: [s]\n");
	write_component("ruby", "title: a\nabout: a\napplication: {interface: rack, entry: m:b}\n");
	write_component("plain",
	    "title: l\nabout: a\nlistens: {protocols: [http], tcp: '{port}', unix: '{socket}'}\ncommand: [l]\n");
	write_component("rich",
	    "title: l\nabout: a\nbare: plain\nlistens: {protocols: [http], tcp: '{port}', unix: '{socket}'}\n"
	    "command: [l]\n");
	return 0;
}

static int remove_catalog(void **state)
{
	(void)state;
	return file_remove_tree(catalog);
}

static struct ladder climb(const char *text)
{
	struct ladder ladder;
	struct chain chain;
	struct err err;

	if (chain_parse(&chain, text, catalog, &err) || ladder_make(&ladder, &chain, catalog, &err))
		fail_msg("%s: %s", text, err.msg);
	chain_release(&chain);
	return ladder;
}

static const char *rung(const struct ladder *ladder, int i)
{
	return i < 0 ? "-" : ladder->rungs[i];
}

/* "behind - > front: front", a line a step. */
static void describe(const struct ladder *ladder, char *text, size_t size)
{
	size_t n = 0;

	for (unsigned i = 0; i < ladder->n_steps; i++) {
		const struct ladder_step *s = &ladder->steps[i];

		n += (size_t)snprintf(text + n, size - n, "%s %s > %s: %s\n", s->flight,
		    rung(ladder, s->from), rung(ladder, s->to), s->adds);
		assert_true(n < size);
	}
}

static void check(const char *chain, const char *whole, const char *skeleton, const char *direct,
    unsigned n_rungs, const char *steps)
{
	struct ladder ladder = climb(chain);
	char text[4096] = "";

	describe(&ladder, text, sizeof(text));
	assert_string_equal(text, steps);
	assert_string_equal(rung(&ladder, ladder.whole), whole);
	assert_string_equal(rung(&ladder, ladder.skeleton), skeleton);
	assert_string_equal(rung(&ladder, ladder.direct), direct);
	assert_int_equal(ladder.n_rungs, n_rungs);
	/* and all of them are chains */
	for (unsigned i = 0; i < ladder.n_rungs; i++) {
		struct chain parsed;
		struct err err;

		if (chain_parse(&parsed, ladder.rungs[i], catalog, &err))
			fail_msg("%s: %s", ladder.rungs[i], err.msg);
		chain_release(&parsed);
	}
	ladder_release(&ladder);
}

static void front_server_and_application_with_a_bare_one(void **state)
{
	(void)state;
	check("front,server,app", "front,server@uwsgi+unix,app", "front,server@uwsgi+unix,skeleton",
	    "server@uwsgi+unix,app", 9,
	    "direct - > skeleton-c@uwsgi+unix: skeleton-c@uwsgi+unix\n"
	    "direct skeleton-c@uwsgi+unix > server@uwsgi+unix,skeleton: server\n"
	    "direct server@uwsgi+unix,skeleton > server@uwsgi+unix,small: small\n"
	    "direct server@uwsgi+unix,small > server@uwsgi+unix,app: app\n"
	    "behind - > front: front\n"
	    "behind front > front,skeleton-c@uwsgi+unix: skeleton-c@uwsgi+unix\n"
	    "behind front,skeleton-c@uwsgi+unix > front,server@uwsgi+unix,skeleton: server\n"
	    "behind front,server@uwsgi+unix,skeleton > front,server@uwsgi+unix,small: small\n"
	    "behind front,server@uwsgi+unix,small > front,server@uwsgi+unix,app: app\n"
	    "front skeleton-c@uwsgi+unix > front,skeleton-c@uwsgi+unix: front\n"
	    "front server@uwsgi+unix,skeleton > front,server@uwsgi+unix,skeleton: front\n"
	    "front server@uwsgi+unix,small > front,server@uwsgi+unix,small: front\n"
	    "front server@uwsgi+unix,app > front,server@uwsgi+unix,app: front\n"
	    "direct server@uwsgi+unix,app > front,server@uwsgi+unix,app: front\n");
}

static void a_server_by_http(void **state)
{
	(void)state;
	check("front@http+unix,plain@http+tcp", "front@http+unix,plain@http+tcp",
	    "front@http+unix,skeleton-c@http+tcp", "plain", 5,
	    "direct - > skeleton-c: skeleton-c\n"
	    "direct skeleton-c > plain: plain\n"
	    "behind - > front@http+unix: front\n"
	    "behind front@http+unix > front@http+unix,skeleton-c@http+tcp: skeleton-c\n"
	    "behind front@http+unix,skeleton-c@http+tcp > front@http+unix,plain@http+tcp: plain\n"
	    "front skeleton-c > front@http+unix,skeleton-c@http+tcp: front\n"
	    "front plain > front@http+unix,plain@http+tcp: front\n"
	    "direct plain > front@http+unix,plain@http+tcp: front\n");
	check("rich@http+unix", "rich@http+unix", "skeleton-c@http+unix", "-", 3,
	    "direct - > skeleton-c@http+unix: skeleton-c@http+unix\n"
	    "direct skeleton-c@http+unix > plain@http+unix: plain\n"
	    "direct plain@http+unix > rich@http+unix: rich\n");
}

static void nothing_in_front(void **state)
{
	(void)state;
	check("server@uwsgi+tcp,small", "server@uwsgi+tcp,small", "server@uwsgi+tcp,skeleton", "-", 3,
	    "direct - > skeleton-c@uwsgi+tcp: skeleton-c@uwsgi+tcp\n"
	    "direct skeleton-c@uwsgi+tcp > server@uwsgi+tcp,skeleton: server\n"
	    "direct server@uwsgi+tcp,skeleton > server@uwsgi+tcp,small: small\n");
	check("server,skeleton", "server,skeleton", "skeleton-c", "-", 2,
	    "direct - > skeleton-c: skeleton-c\n"
	    "direct skeleton-c > server,skeleton: server\n");
}

static void a_single_component(void **state)
{
	(void)state;
	check("skeleton-c", "skeleton-c", "-", "-", 1, "direct - > skeleton-c: skeleton-c\n");
	check("front", "front", "skeleton-c", "-", 2,
	    "direct - > skeleton-c: skeleton-c\n"
	    "direct skeleton-c > front: front\n");
}

static void two_in_front(void **state)
{
	(void)state;
	check("relay,front@http+unix,server,skeleton", "relay,front@http+unix,server@uwsgi+unix,skeleton",
	    "relay,front@http+unix,skeleton-c@uwsgi+unix", "server@uwsgi+unix,skeleton", 5,
	    "direct - > skeleton-c@uwsgi+unix: skeleton-c@uwsgi+unix\n"
	    "direct skeleton-c@uwsgi+unix > server@uwsgi+unix,skeleton: server\n"
	    "behind - > relay,front@http+unix,skeleton-c@uwsgi+unix: skeleton-c@uwsgi+unix\n"
	    "behind relay,front@http+unix,skeleton-c@uwsgi+unix > "
	    "relay,front@http+unix,server@uwsgi+unix,skeleton: server\n"
	    "front skeleton-c@uwsgi+unix > relay,front@http+unix,skeleton-c@uwsgi+unix: relay,front\n"
	    "front server@uwsgi+unix,skeleton > relay,front@http+unix,server@uwsgi+unix,skeleton: "
	    "relay,front\n"
	    "direct server@uwsgi+unix,skeleton > front@http+unix,server@uwsgi+unix,skeleton: front\n"
	    "direct front@http+unix,server@uwsgi+unix,skeleton > "
	    "relay,front@http+unix,server@uwsgi+unix,skeleton: relay\n");
}

static void what_the_catalog_cannot_make_is_left_out(void **state)
{
	struct ladder ladder;
	struct chain chain;
	struct err err;

	(void)state;
	check("front,rack,ruby", "front,rack@scgi+tcp,ruby", "-", "rack@scgi+tcp,ruby", 3,
	    "direct - > rack@scgi+tcp,ruby: rack\n"
	    "behind - > front: front\n"
	    "behind front > front,rack@scgi+tcp,ruby: rack\n"
	    "front rack@scgi+tcp,ruby > front,rack@scgi+tcp,ruby: front\n"
	    "direct rack@scgi+tcp,ruby > front,rack@scgi+tcp,ruby: front\n");
	assert_int_equal(chain_parse(&chain, "server,lost", catalog, &err), 0);
	assert_int_equal(ladder_make(&ladder, &chain, catalog, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "no component 'nobody'"));
	chain_release(&chain);
	write_component(
	    "bad", "title: a\nabout: a\nbare: ../x\napplication: {interface: wsgi, entry: m:b}\n");
	assert_int_equal(chain_parse(&chain, "server,bad", catalog, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "key 'bare': '../x' is not the name of a component"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(front_server_and_application_with_a_bare_one),
	    cmocka_unit_test(a_server_by_http),
	    cmocka_unit_test(nothing_in_front),
	    cmocka_unit_test(a_single_component),
	    cmocka_unit_test(two_in_front),
	    cmocka_unit_test(what_the_catalog_cannot_make_is_left_out),
	};

	return cmocka_run_group_tests(tests, make_catalog, remove_catalog);
}
