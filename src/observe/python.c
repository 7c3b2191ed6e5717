// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/python.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

/* Of a type, the one of an object: the same in all versions. */
enum { OBJECT_TYPE = 8, STRING_LENGTH = 16, STRING_STATE = 32 };

/* What differs between versions (offsetof, of Include/internal/pycore_*.h and Include/cpython/). */
struct version {
	unsigned minor;
	uint32_t current_thread, interpreters; /* of _PyRuntime; 0: has no current thread there */
	struct python_layout layout;
	uint32_t file_name, qualified_name, ascii_text, other_text;
};

static const struct version versions[] = {
    {.minor = 11,
	.current_thread = 576,
	.interpreters = 40,
	.layout = {.first_thread = 16,
	    .next_thread = 8,
	    .native_id = 160,
	    .cframe = 56,
	    .has_cframe = 1,
	    .frame = 8,
	    .code = 32,
	    .previous = 48},
	.file_name = 112,
	.qualified_name = 128,
	.ascii_text = 48,
	.other_text = 72},
    {.minor = 12,
	.interpreters = 40,
	.layout = {.first_thread = 72,
	    .next_thread = 8,
	    .native_id = 144,
	    .cframe = 56,
	    .has_cframe = 1,
	    .frame = 0,
	    .code = 0,
	    .previous = 8},
	.file_name = 112,
	.qualified_name = 128,
	.ascii_text = 40,
	.other_text = 56},
    {.minor = 13,
	.interpreters = 632,
	.layout =
	    {.first_thread = 7344, .next_thread = 8, .native_id = 160, .frame = 72, .code = 0, .previous = 8},
	.file_name = 112,
	.qualified_name = 128,
	.ascii_text = 40,
	.other_text = 56},
};

int python_layout_of(struct python *python, unsigned long version, uint64_t runtime)
{
	python->major = (unsigned)(version >> 24) & 0xff;
	python->minor = (unsigned)(version >> 16) & 0xff;
	if (python->major != 3)
		return -ENOTSUP;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		const struct version *v = &versions[i];

		if (v->minor != python->minor)
			continue;
		python->layout = v->layout;
		python->layout.current_thread = v->current_thread ? runtime + v->current_thread : 0;
		python->layout.interpreter = runtime + v->interpreters;
		python->file_name = v->file_name;
		python->qualified_name = v->qualified_name;
		python->ascii_text = v->ascii_text;
		python->other_text = v->other_text;
		return 0;
	}
	return -ENOTSUP;
}

static bool read_memory(pid_t pid, uint64_t address, void *into, size_t size)
{
	struct iovec ours = {into, size};
	struct iovec theirs = {(void *)(uintptr_t)address, size};

	return process_vm_readv(pid, &ours, 1, &theirs, 1, 0) == (ssize_t)size;
}

/* An interpreter comes in a library of its own, or within a program that is called after it or after what embeds it. */
int python_find(struct symbols *symbols, pid_t pid, struct python *python)
{
	static const char *const files[] = {"python", "uwsgi"};
	static const char *const names[] = {"_PyRuntime", "Py_Version", "PyCode_Type"};
	uint64_t addresses[3];
	unsigned long version;

	*python = (struct python){0};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!symbols_locate(symbols, pid, files[i], 3, names, addresses))
			continue;
		/* it tells its version since 3.11 */
		if (!addresses[1] || !addresses[2])
			return -ENOTSUP;
		if (!read_memory(pid, addresses[1], &version, sizeof(version)))
			return -EFAULT;
		python->code_type = addresses[2];
		return python_layout_of(python, version, addresses[0]);
	}
	return -ENOENT;
}

/* Appends the character as UTF-8: false when there is no room. */
static bool append_utf8(char *text, size_t size, size_t *at, uint32_t c)
{
	unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	if (*at + n + 1 > size || c > 0x10ffff)
		return false;
	for (unsigned i = n; i-- > 1; c >>= 6)
		text[*at + i] = (char)(0x80 | (c & 0x3f));
	text[*at] = (char)(lead[n] | c);
	*at += n;
	return true;
}

/* Reads a string; what is too long is cut. PEP 393: characters of 1, 2 or 4 bytes each behind a header. */
static bool read_string(pid_t pid, const struct python *python, uint64_t address, char *text, size_t size)
{
	unsigned char data[4 * PYTHON_NAME_MAX], header[STRING_STATE + 4];
	int64_t length;
	uint32_t state, width;
	size_t at = 0;
	bool is_ascii;

	if (!read_memory(pid, address, header, sizeof(header)))
		return false;
	memcpy(&length, header + STRING_LENGTH, sizeof(length));
	memcpy(&state, header + STRING_STATE, sizeof(state));
	width = (state >> 2) & 7;
	is_ascii = (state >> 6) & 1;
	if (!((state >> 5) & 1) || length < 0 || (width != 1 && width != 2 && width != 4))
		return false;
	if ((uint64_t)length >= size)
		length = (int64_t)size - 1;
	if (!read_memory(pid, address + (is_ascii ? python->ascii_text : python->other_text), data,
		(size_t)length * width))
		return false;
	for (size_t i = 0; i < (size_t)length; i++) {
		uint32_t c = 0;

		memcpy(&c, data + i * width, width); /* little endian, as all that we run on */
		if (!append_utf8(text, size, &at, c))
			break;
	}
	text[at] = '\0';
	return true;
}

int python_read_code(pid_t pid, const struct python *python, uint64_t address, struct python_code *code)
{
	uint64_t type, file, name;

	if (!read_memory(pid, address + OBJECT_TYPE, &type, sizeof(type)) || type != python->code_type ||
	    !read_memory(pid, address + python->file_name, &file, sizeof(file)) ||
	    !read_memory(pid, address + python->qualified_name, &name, sizeof(name)) ||
	    !read_string(pid, python, name, code->name, sizeof(code->name)) ||
	    !read_string(pid, python, file, code->file, sizeof(code->file)))
		return -EFAULT;
	return 0;
}

/* Where the path of a module begins that is not the application's: behind the folder of packages, or of the library. */
static const char *library_path(const char *file)
{
	static const char *const folders[] = {"/dist-packages/", "/site-packages/"};
	const char *at;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		at = strstr(file, folders[i]);
		if (at)
			return at + strlen(folders[i]);
	}
	at = strstr(file, "/lib/python3.");
	if (at) {
		at += strlen("/lib/python3.");
		at += strspn(at, "0123456789");
		if (*at == '/')
			return at + 1;
	}
	return NULL;
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && !strcmp(text + len - end_len, end);
}

/* Cuts the ending off, in place. */
static void cut_end(char *text, const char *end)
{
	if (ends_in(text, end))
		text[strlen(text) - strlen(end)] = '\0';
}

void python_full_name(const struct python_code *code, char *text, size_t size, bool *own)
{
	static const char frozen[] = "<frozen ";
	char module[PYTHON_PATH_MAX];
	const char *path = library_path(code->file), *slash;

	*own = false;
	if (!strncmp(code->file, frozen, strlen(frozen))) {
		snprintf(module, sizeof(module), "%s", code->file + strlen(frozen));
		cut_end(module, ">");
	} else if (path) {
		snprintf(module, sizeof(module), "%s", path);
	} else {
		/* without knowing where its imports begin: the file's own name */
		*own = code->file[0] != '<' && ends_in(code->file, ".py");
		snprintf(module, sizeof(module), "%s", code->file);
		cut_end(module, "/__init__.py");
		slash = strrchr(module, '/');
		if (slash)
			memmove(module, slash + 1, strlen(slash + 1) + 1);
	}
	cut_end(module, ".py");
	cut_end(module, "/__init__");
	for (char *c = module; *c; c++)
		if (*c == '/')
			*c = '.';
	snprintf(text, size, "%s.%s", module, code->name);
}
