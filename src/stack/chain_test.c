// SPDX-License-Identifier: GPL-3.0-or-later
/* Templates, descriptions and chains, on a catalog that is written here. */
#include "stack/chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/unittest.h"
#include "stack/template.h"

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
	    "passes: {alone: a, tcp: 'x:{port}', unix: '{socket}', http: p, uwsgi: u}\ncommand: [f]\n");
	write_component("relay",
	    "title: r\nabout: a\nlistens: {protocols: [http], tcp: 'x:{port}'}\n"
	    "passes: {tcp: 'x:{port}', http: p}\ncommand: [r]\n");
	write_component("server",
	    "title: s\nabout: a\nlistens: {protocols: [http, fastcgi, uwsgi], tcp: '{port}', unix: '{socket}'}\n"
	    "hosts: wsgi\ncommand: [s]\n");
	write_component("gateway",
	    "title: g\nabout: a\nlistens: {protocols: [scgi, fastcgi], tcp: '{port}', unix: '{socket}'}\n"
	    "command: [g]\n");
	write_component("app", "title: a\nabout: a\napplication: {interface: wsgi, entry: m:a}\n");
	write_component("other-app", "title: a\nabout: a\napplication: {interface: rack, entry: a}\n");
	write_component("leaf",
	    "title: l\nabout: a\nlistens: {protocols: [http], unix: '{socket}'}\ncommand: [l]\n"
	    "needs: [sh, no-such-program]\npackages: [aa, bb]\n");
	return 0;
}

static int remove_catalog(void **state)
{
	(void)state;
	return file_remove_tree(catalog);
}

static void chains_get_their_links(void **state)
{
	static const struct {
		const char *text;
		unsigned n, at; /* the element to look at */
		enum protocol protocol;
		bool is_unix;
	} cases[] = {
	    {"front", 1, 0, PROTOCOL_HTTP, false},
	    {"front@http+unix", 1, 0, PROTOCOL_HTTP, true},
	    {"leaf", 1, 0, PROTOCOL_HTTP, true},
	    {"front,server,app", 3, 1, PROTOCOL_UWSGI, true},
	    {"front,server@http+tcp,app", 3, 1, PROTOCOL_HTTP, false},
	    {"front,relay,server,app", 4, 2, PROTOCOL_HTTP, false},
	    {"server,app", 2, 0, PROTOCOL_HTTP, false},
	    {"server@uwsgi+unix,app", 2, 0, PROTOCOL_UWSGI, true},
	    {"server@fastcgi+tcp,app", 2, 0, PROTOCOL_FASTCGI, false},
	    {"gateway", 1, 0, PROTOCOL_FASTCGI, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct chain chain;
		struct err err;

		if (chain_parse(&chain, cases[i].text, catalog, &err))
			fail_msg("%s: %s", cases[i].text, err.msg);
		assert_int_equal(chain.n, cases[i].n);
		assert_int_equal(chain.elements[cases[i].at].protocol, cases[i].protocol);
		assert_int_equal(chain.elements[cases[i].at].is_unix, cases[i].is_unix);
		assert_string_equal(chain.text, cases[i].text);
		chain_release(&chain);
	}
}

static void what_cannot_be_linked_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"nobody", "no component 'nobody'"},
	    {"", "bad component name ''"},
	    {"front,", "bad component name ''"},
	    {"../front", "bad component name '../front'"},
	    {"front@uwsgi+tcp", "possible: http+tcp, http+unix"},
	    {"gateway@http+tcp",
		"from the load generator: possible: fastcgi+tcp, fastcgi+unix, scgi+tcp, scgi+unix"},
	    {"server@https+tcp,app", "possible: http+tcp, http+unix, fastcgi+tcp, fastcgi+unix, uwsgi+tcp"},
	    {"front,server@fastcgi+unix,app", "possible: http+tcp, http+unix, uwsgi+tcp, uwsgi+unix"},
	    {"front,server@http3+tcp,app", "'server' cannot be reached by 'http3+tcp' from front"},
	    {"front,server@uwsgi,app", "write it as @PROTOCOL+SOCKET"},
	    {"front,server@uwsgi+pipe,app", "cannot be reached by 'uwsgi+pipe'"},
	    {"relay,leaf", "possible: none"},
	    {"app", "needs a server that runs wsgi applications"},
	    {"front,app", "needs a server that runs wsgi applications"},
	    {"server,other-app", "needs a server that runs rack applications"},
	    {"server,app,front", "nothing can follow 'app'"},
	    {"server,app@http+tcp", "has no link"},
	    {"front,server", "needs an application after it"},
	    {"relay", "only passes requests on"},
	    {"server,front", "does not pass requests on"},
	    {"front,front,front,front,front,front,front,front,front", "too long"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct chain chain;
		struct err err = {""};

		assert_true(chain_parse(&chain, cases[i].text, catalog, &err) < 0);
		if (!strstr(err.msg, cases[i].why))
			fail_msg("%s: '%s' does not say '%s'", cases[i].text, err.msg, cases[i].why);
	}
}

static void bad_descriptions_name_file_line_and_key(void **state)
{
	static const struct {
		const char *yaml, *why;
	} cases[] = {
	    {"title: x\nabout: y\nlistens:\n  protocols: [http]\n  sockets: [tcp]\ncommand: [a]\n",
		"/bad/component.yaml line 5: unknown key 'sockets'"},
	    {"titel: x\n", "/bad/component.yaml line 1: unknown key 'titel'"},
	    {"title: [x]\n", "/bad/component.yaml line 1: key 'title': Expecting STRING"},
	    {"title: x\nabout: y\ncommand: a\n",
		"/bad/component.yaml line 3: key 'command': Expecting SEQUENCE"},
	    {"title: x\n", "/bad/component.yaml line 1: key 'about' is missing"},
	    {"title: 'x\n", "/bad/component.yaml line"},
	    {"", "/bad/component.yaml: the file is empty"},
	    {"title: x\nabout: y\n", "either a 'command' or an 'application'"},
	    {"title: x\nabout: y\ncommand: [a]\napplication: {interface: i, entry: e}\n",
		"either a 'command' or an 'application'"},
	    {"title: x\nabout: y\ncommand: [a]\n", "key 'listens' is missing"},
	    {"title: x\nabout: y\ncommand: [a]\nlistens: {protocols: [gopher]}\n",
		"unknown protocol 'gopher'"},
	    {"title: x\nabout: y\nhome: ../server\napplication: {interface: i, entry: e}\n",
		"/bad/component.yaml: key 'home': '../server' is not the name of a component"},
	    {"title: x\nabout: y\nhome: nobody\napplication: {interface: i, entry: e}\n",
		"/bad/component.yaml: key 'home': no component 'nobody' in '/tmp/maxq-test-"},
	    {"title: x\nabout: y\nbuild: [cc]\napplication: {interface: i, entry: e}\n",
		"key 'build': only a component with a 'command' is built"},
	    {"title: x\nabout: y\npackages: [good, -oDpkg]\ncommand: [a]\n",
		"key 'packages': '-oDpkg' is not the name of a package"},
	    {"title: x\nabout: y\npackages: [nginx-]\ncommand: [a]\n", "'nginx-' is not the name"},
	    {"title: x\nabout: y\npackages: ['a b']\ncommand: [a]\n", "'a b' is not the name"},
	    {"title: x\nabout: y\nversion: cc -v\n", "line 3: key 'version': Expecting SEQUENCE"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct component *component;
		struct err err = {""};

		write_component("bad", cases[i].yaml);
		assert_true(component_load(&component, catalog, "bad", &err) < 0);
		if (!strstr(err.msg, cases[i].why))
			fail_msg("%s: '%s' does not say '%s'", cases[i].yaml, err.msg, cases[i].why);
	}
}

static void files_of_another_component_can_be_used(void **state)
{
	struct component *component;
	char home[128];

	(void)state;
	write_component(
	    "lent", "title: x\nabout: y\nhome: app\napplication: {interface: wsgi, entry: m:b}\n");
	assert_int_equal(component_load(&component, catalog, "lent", NULL), 0);
	snprintf(home, sizeof(home), "%s/app", catalog);
	assert_string_equal(component->home, home);
	assert_string_equal(component->name, "lent");
	component_free(component);
}

static void what_is_missing_can_be_installed(void **state)
{
	struct chain chain;
	struct err err;

	(void)state;
	assert_int_equal(chain_parse(&chain, "leaf", catalog, &err), 0);
	assert_int_equal(chain_check(&chain, &err), -ENOENT);
	assert_string_equal(
	    err.msg, "cannot find 'no-such-program', which leaf needs: apt-get install aa bb");
	chain_release(&chain);
}

static void templates_replace_only_variables(void **state)
{
	struct variables v = {0};
	struct buf out;
	struct err err;

	(void)state;
	variables_set(&v, "port", "80");
	variables_set(&v, "dir", "/x");
	variables_set(&v, "port", "8080");
	buf_init(&out, 100);
	assert_int_equal(
	    template_expand("{port} {dir}/{port} { port } {} {A} {${port}} events {\n}", &v, "t", &out, NULL),
	    0);
	assert_string_equal(out.data, "8080 /x/8080 { port } {} {A} {$8080} events {\n}");
	assert_int_equal(template_expand("a {nothing}", &v, "the file", &out, &err), -EINVAL);
	assert_string_equal(err.msg, "unknown variable '{nothing}' in 'the file'");
	buf_release(&out);
	buf_init(&out, 6);
	assert_int_equal(template_expand("{port}{port}", &v, "t", &out, &err), -ENOBUFS);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chains_get_their_links),
	    cmocka_unit_test(what_cannot_be_linked_is_refused),
	    cmocka_unit_test(bad_descriptions_name_file_line_and_key),
	    cmocka_unit_test(files_of_another_component_can_be_used),
	    cmocka_unit_test(what_is_missing_can_be_installed),
	    cmocka_unit_test(templates_replace_only_variables),
	};

	return cmocka_run_group_tests(tests, make_catalog, remove_catalog);
}
