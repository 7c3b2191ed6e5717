// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/symbols.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBIBERTY
#include <libiberty/demangle.h>
#endif

#include "observe/mappings.h"

enum { PROCESSES_MAX = 1024 };

struct process {
	pid_t pid;
	Dwfl *dwfl; /* NULL: could not be read */
	struct mappings mappings;
};

struct symbols {
	size_t n;
	struct process processes[PROCESSES_MAX];
	char *demangled; /* the last one */
};

/*
 * By build id on this machine only: dwfl_standard_find_debuginfo would ask the servers of DEBUGINFOD_URLS for what it does not
 * find here.
 */
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_build_id_find_debuginfo,
};

int symbols_new(struct symbols **symbols, struct err *err)
{
	*symbols = calloc(1, sizeof(**symbols));
	return *symbols ? 0 : err_set(err, -ENOMEM, "out of memory");
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->n; i++) {
		if (symbols->processes[i].dwfl)
			dwfl_end(symbols->processes[i].dwfl);
		mappings_release(&symbols->processes[i].mappings);
	}
	free(symbols->demangled);
	free(symbols);
}

static struct process *find_process(struct symbols *s, pid_t pid)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->processes[i].pid == pid)
			return &s->processes[i];
	return NULL;
}

int symbols_map(struct symbols *s, pid_t pid)
{
	struct process *p = find_process(s, pid);
	struct process now = {.pid = pid};

	if (!p && s->n == PROCESSES_MAX)
		return -ENOBUFS;
	now.dwfl = dwfl_begin(&callbacks);
	if (!now.dwfl)
		return -ENOMEM;
	if (mappings_read(&now.mappings, pid) || dwfl_linux_proc_report(now.dwfl, pid) ||
	    dwfl_report_end(now.dwfl, NULL, NULL)) {
		dwfl_end(now.dwfl);
		mappings_release(&now.mappings);
		return -ESRCH;
	}
	if (!p) {
		p = &s->processes[s->n++];
	} else {
		if (p->dwfl)
			dwfl_end(p->dwfl);
		mappings_release(&p->mappings);
	}
	*p = now;
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* The file's own name: a module's is its path, or a word in brackets for what has no file. */
static const char *file_of(Dwfl_Module *module)
{
	return base_name(dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
}

/* What the linker calls a function of C++, in words, without its parameters. */
static const char *readable(struct symbols *s, const char *name)
{
	if (!name || strncmp(name, "_Z", 2) != 0)
		return name;
	free(s->demangled);
	s->demangled = NULL;
#ifdef HAVE_LIBIBERTY
	s->demangled = cplus_demangle_v3(name, 0);
#endif
	return s->demangled ? s->demangled : name;
}

bool symbols_find(struct symbols *s, pid_t pid, uint64_t address, const char **function, const char **file)
{
	struct process *p = find_process(s, pid);
	Dwfl_Module *module;
	GElf_Sym sym;
	GElf_Off offset;

	/*
	 * libdwfl takes all between the first and the last mapping of a file for that file: what a program made in between
	 * would be found there, and what is mapped a second time would not.
	 */
	address = p ? mappings_first(&p->mappings, address) : 0;
	module = address ? dwfl_addrmodule(p->dwfl, address) : NULL;
	if (!module)
		return false;
	*file = file_of(module);
	*function = dwfl_module_addrinfo(module, address, &offset, &sym, NULL, NULL, NULL);
	/*
	 * In a file with few symbols the nearest one before the address can be far away: one that knows its size and ends before
	 * is not what lies there.
	 */
	if (*function && sym.st_size && offset >= sym.st_size)
		*function = NULL;
	if (*function && !**function)
		*function = NULL;
	*function = readable(s, *function);
	return *file != NULL;
}

struct search {
	const char *file;
	unsigned n;
	const char *const *names;
	uint64_t *addresses;
	bool found;
};

static int search_module(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr start, void *argument)
{
	struct search *search = argument;
	int n_symbols;

	(void)user;
	(void)start;
	if (!strstr(base_name(name), search->file))
		return DWARF_CB_OK;
	n_symbols = dwfl_module_getsymtab(module);
	memset(search->addresses, 0, search->n * sizeof(*search->addresses));
	for (int i = 1; i < n_symbols; i++) {
		GElf_Sym sym;
		GElf_Addr address;
		const char *symbol = dwfl_module_getsym_info(module, i, &sym, &address, NULL, NULL, NULL);

		for (unsigned k = 0; symbol && k < search->n; k++)
			if (sym.st_shndx != SHN_UNDEF && !strcmp(symbol, search->names[k]))
				search->addresses[k] = address;
	}
	search->found = search->addresses[0] != 0;
	return search->found ? DWARF_CB_ABORT : DWARF_CB_OK;
}

bool symbols_locate(
    struct symbols *s, pid_t pid, const char *file, unsigned n, const char *const *names, uint64_t *addresses)
{
	struct process *p = find_process(s, pid);
	struct search search = {.file = file, .n = n, .names = names, .addresses = addresses};

	if (!p || !p->dwfl)
		return false;
	dwfl_getmodules(p->dwfl, search_module, &search, 0);
	return search.found;
}
