// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/functions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/address_names.h"
#include "observe/python.h"
#include "observe/samples.h"
#include "observe/symbols.h"

enum { PROCESSES_MAX = 1024, CODES_MAX_BYTES = 4 << 20, ANCESTORS_MAX = 16 };

/* A process, and what is known of it for as long as it is sampled. */
struct known {
	pid_t pid;
	bool mapped;
	struct python python;      /* major 0: none */
	struct address_names *jit; /* NULL: none */
};

/* An address in a process; the kernel is process 0. */
struct resolved {
	pid_t pid;
	enum frame_kind kind;
	uint64_t address;
};

struct functions {
	unsigned frequency_hz;
	struct stacks stacks;
	struct python_bpf *bpf; /* NULL: no Python */
	char why_no_bpf[160];
	struct address_names *kernel; /* NULL: hidden, or not needed yet */
	bool kernel_tried;
	/* From begin to end: */
	struct samples *samples;
	struct symbols *symbols;
	size_t n_known;
	struct known known[PROCESSES_MAX];
	struct intern *codes; /* struct resolved */
	size_t room;
	int *frames; /* of each: its frame, or RESOLVED_NOTHING */
};

enum { RESOLVED_NOTHING = -1 };

int functions_new(struct functions **functions, unsigned frequency_hz, struct err *err)
{
	struct functions *f = calloc(1, sizeof(*f));
	struct symbols *symbols;
	struct err why;
	int rc;

	if (!f || stacks_init(&f->stacks)) {
		free(f);
		return err_set(err, -ENOMEM, "out of memory");
	}
	f->frequency_hz = f->stacks.frequency_hz = frequency_hz;
	/* fails at once where nothing could ever be named */
	rc = symbols_new(&symbols, err);
	if (rc) {
		functions_free(f);
		return rc;
	}
	symbols_free(symbols);
	if (python_bpf_new(&f->bpf, &why))
		snprintf(f->why_no_bpf, sizeof(f->why_no_bpf), "%.150s", why.msg);
	*functions = f;
	return 0;
}

/* What was known from begin to end. */
static void forget(struct functions *f)
{
	samples_free(f->samples);
	f->samples = NULL;
	symbols_free(f->symbols);
	f->symbols = NULL;
	for (size_t i = 0; i < f->n_known; i++)
		address_names_free(f->known[i].jit);
	f->n_known = 0;
	intern_free(f->codes);
	f->codes = NULL;
	free(f->frames);
	f->frames = NULL;
	f->room = 0;
}

void functions_free(struct functions *f)
{
	if (!f)
		return;
	forget(f);
	python_bpf_free(f->bpf);
	address_names_free(f->kernel);
	stacks_release(&f->stacks);
	free(f);
}

static struct known *find_known(struct functions *f, pid_t pid)
{
	for (size_t i = 0; i < f->n_known; i++)
		if (f->known[i].pid == pid)
			return &f->known[i];
	return NULL;
}

/* Reads what it has mapped, and looks for an interpreter. */
static struct known *get_to_know(struct functions *f, pid_t pid)
{
	struct known *k = find_known(f, pid);

	if (!k && f->n_known == PROCESSES_MAX)
		return NULL;
	if (!k) {
		k = &f->known[f->n_known++];
		*k = (struct known){.pid = pid};
	}
	/* once more for one that is known, which may have mapped more; if it has ended, what was known stays */
	if (!symbols_map(f->symbols, pid)) {
		struct python python;
		struct address_names *jit;
		int rc = python_find(f->symbols, pid, &python);

		k->mapped = true;
		if (!rc)
			k->python = python;
		else if (rc == -ENOTSUP)
			snprintf(f->stacks.why_no_python, sizeof(f->stacks.why_no_python),
			    "of its versions 3.11 to 3.13 are known");
		if (!address_names_jit(&jit, pid)) {
			address_names_free(k->jit);
			k->jit = jit;
		}
	}
	return k;
}

int functions_begin(struct functions *f, const struct procs *procs, struct err *err)
{
	const struct process_facts *facts[PROCESSES_MAX];
	cpu_set_t cpus;
	size_t n = 0;
	int rc;

	forget(f);
	if (!f->stacks.names)
		return err_set(err, -ENOMEM, "out of memory");
	rc = symbols_new(&f->symbols, err);
	if (rc)
		return rc;
	rc = intern_new(&f->codes, CODES_MAX_BYTES);
	if (rc)
		return err_set(err, rc, "out of memory");
	for (size_t i = 0; i < procs_count(procs) && n < PROCESSES_MAX; i++)
		if (procs_alive(procs, i))
			facts[n++] = procs_facts(procs, i);
	procs_affinity(procs, &cpus);
	rc = samples_new(&f->samples, facts, n, &cpus, f->frequency_hz, f->bpf, &f->stacks.kernel, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct known *k = get_to_know(f, facts[i]->pid);

		if (!k || !k->python.major)
			continue;
		if (f->bpf && f->stacks.kernel)
			f->stacks.python = true;
		else
			snprintf(f->stacks.why_no_python, sizeof(f->stacks.why_no_python), "%s",
			    f->bpf ? "that takes root" : f->why_no_bpf);
		samples_add_python(f->samples, k->pid, &k->python.layout);
	}
	return samples_start(f->samples, err);
}

/* The process whose memory tells the names of this one's: itself, or where it has ended already the one that it was forked from. */
static struct known *teller(struct functions *f, const struct sampled_process *p)
{
	for (int i = 0; p && i < ANCESTORS_MAX; i++) {
		struct known *k = find_known(f, p->pid);

		if (!k)
			k = get_to_know(f, p->pid);
		if (k && k->mapped)
			return k;
		if (p->executed || !p->parent)
			return NULL;
		p = samples_process(f->samples, p->parent);
	}
	return NULL;
}

static int frame_of_kernel(struct functions *f, uint64_t address)
{
	struct frame frame = {.kind = FRAME_KERNEL, .module = "kernel"};

	if (!f->kernel_tried) {
		f->kernel_tried = true;
		(void)address_names_kernel(&f->kernel);
	}
	frame.function = f->kernel ? address_names_find(f->kernel, address) : NULL;
	if (!frame.function)
		frame.function = "[kernel]";
	return stacks_frame(&f->stacks, &frame);
}

/* V8 tells how far a function is compiled by a letter before its name: one that is compiled better is the same function. */
static const char *without_tier(const char *name)
{
	static const char *const prefixes[] = {"JS:", "LazyCompile:", "Function:", "Script:", "Eval:"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i]))) {
			name += strlen(prefixes[i]);
			return name + strspn(name, "~*^+'");
		}
	return name;
}

static int frame_of_jit(struct functions *f, const char *name)
{
	char function[512];
	char *space;
	struct frame frame = {.kind = FRAME_JIT, .function = function, .module = ""};

	snprintf(function, sizeof(function), "%s", without_tier(name));
	/* V8: a name, which may be empty, and where it stands */
	space = name != without_tier(name) ? strrchr(function, ' ') : NULL;
	if (space) {
		*space = '\0';
		frame.module = space + 1;
		if (space == function)
			frame.function = "(anonymous)";
	}
	return stacks_frame(&f->stacks, &frame);
}

/* The interpreter itself, whose work is that of the function that it interprets. */
static bool is_interpreter(const char *file)
{
	return !strncmp(file, "libpython", 9) || !strncmp(file, "python", 6);
}

static int frame_of_user(struct functions *f, const struct known *k, uint64_t address)
{
	struct frame frame = {.kind = FRAME_NATIVE};
	const char *name;

	if (!symbols_find(f->symbols, k->pid, address, &frame.function, &frame.module)) {
		name = k->jit ? address_names_find(k->jit, address) : NULL;
		return name ? frame_of_jit(f, name) : RESOLVED_NOTHING;
	}
	if (!frame.function)
		frame.function = "[unknown]";
	return stacks_frame(&f->stacks, &frame);
}

static int frame_of_python(struct functions *f, const struct known *k, uint64_t address)
{
	char name[PYTHON_NAME_MAX + PYTHON_PATH_MAX];
	struct python_code code;
	struct frame frame = {.kind = FRAME_PYTHON, .function = name, .module = code.file};

	if (python_read_code(k->pid, &k->python, address, &code))
		return RESOLVED_NOTHING;
	python_full_name(&code, name, sizeof(name), &frame.own);
	return stacks_frame(&f->stacks, &frame);
}

/* The number of the frame, or RESOLVED_NOTHING; each address is looked up once. */
static int resolve(struct functions *f, struct known *k, enum frame_kind kind, uint64_t address)
{
	struct resolved key = {.address = address};
	int i, frame;

	/* all of its bytes are compared: it has none between its fields */
	key.pid = kind == FRAME_KERNEL ? 0 : k->pid;
	key.kind = kind;
	i = intern_find(f->codes, &key, sizeof(key));
	if (i >= 0 && (size_t)i < f->room)
		return f->frames[i];
	if (kind == FRAME_KERNEL)
		frame = frame_of_kernel(f, address);
	else if (kind == FRAME_PYTHON)
		frame = frame_of_python(f, k, address);
	else
		frame = frame_of_user(f, k, address);
	i = intern_add(f->codes, &key, sizeof(key));
	if (i < 0)
		return frame;
	if ((size_t)i >= f->room) {
		size_t room = f->room ? 2 * f->room : 1024;
		int *frames = realloc(f->frames, room * sizeof(*frames));

		if (!frames)
			return frame;
		for (size_t next = f->room; next < room; next++)
			frames[next] = RESOLVED_NOTHING;
		f->frames = frames;
		f->room = room;
	}
	f->frames[i] = frame;
	return frame;
}

static int unknown_frame(struct functions *f)
{
	struct frame frame = {.kind = FRAME_NATIVE, .function = "[unknown]", .module = ""};

	return stacks_frame(&f->stacks, &frame);
}

/* A path that is being made, outermost frame first. */
struct path {
	size_t n;
	uint32_t frames[STACK_DEPTH_MAX];
};

static void push(struct path *path, int frame)
{
	if (frame >= 0 && path->n < STACK_DEPTH_MAX)
		path->frames[path->n++] = (uint32_t)frame;
}

/*
 * The calls in user mode. The addresses of callers come from frame pointers; where code has none, what is read for one is
 * anything: so the chain ends where an address is no code that is known.
 */
static void push_user(struct functions *f, struct known *k, const struct raw_stack *raw, struct path *path)
{
	int frames[SAMPLES_DEPTH_MAX];
	unsigned n = 0;

	for (; n < raw->n_user && n < SAMPLES_DEPTH_MAX; n++) {
		/* a return address is behind its call, which may be the last instruction of its function */
		frames[n] = resolve(f, k, FRAME_NATIVE, raw->user[n] - (n > 0));
		if (frames[n] < 0 && n)
			break;
		if (frames[n] < 0)
			frames[n] = unknown_frame(f);
	}
	while (n)
		push(path, frames[--n]);
}

static void push_python(struct functions *f, struct known *k, const struct raw_stack *raw, struct path *path)
{
	struct frame leaf;
	int frame;

	for (unsigned i = raw->n_python; i-- > 0;)
		push(path, resolve(f, k, FRAME_PYTHON, raw->python[i]));
	if (!raw->n_user)
		return;
	frame = resolve(f, k, FRAME_NATIVE, raw->user[0]);
	if (frame < 0)
		return;
	leaf = stacks_frame_at(&f->stacks, (size_t)frame);
	if (!is_interpreter(leaf.module))
		push(path, frame);
}

static int fold(struct functions *f, const struct raw_stack *raw)
{
	struct path path = {.n = 0};
	struct known *k = teller(f, raw->process);

	if (k && raw->n_python && k->python.major)
		push_python(f, k, raw, &path);
	else if (k)
		push_user(f, k, raw, &path);
	else if (raw->n_user)
		push(&path, unknown_frame(f));
	for (unsigned i = raw->n_kernel; i-- > 0;)
		push(&path, resolve(f, k, FRAME_KERNEL, raw->kernel[i]));
	return stacks_add(&f->stacks, stacks_component(&f->stacks, raw->process->component), path.frames,
	    path.n, raw->count);
}

int functions_end(struct functions *f, struct err *err)
{
	int rc = 0;

	if (!f->samples)
		return 0;
	samples_stop(f->samples);
	for (size_t i = 0, n = f->n_known; i < n; i++)
		(void)get_to_know(f, f->known[i].pid);
	for (size_t i = 0; i < samples_count(f->samples) && !rc; i++) {
		struct raw_stack raw = samples_at(f->samples, i);

		if (raw.process && raw.n_user + raw.n_kernel)
			rc = fold(f, &raw);
	}
	f->stacks.lost += samples_lost(f->samples);
	forget(f);
	if (rc == -ENOBUFS) /* what there is no room for is not shown */
		rc = 0;
	return rc ? err_set(err, rc, "out of memory") : 0;
}

void functions_take(struct functions *f, struct stacks *stacks)
{
	*stacks = f->stacks;
	/* without memory it stays empty, and the next begin says so */
	(void)stacks_init(&f->stacks);
	f->stacks.frequency_hz = f->frequency_hz;
}

int functions_check(struct err *err)
{
	struct process_facts self = {.pid = getpid()};
	const struct process_facts *facts = &self;
	struct samples *samples;
	bool all;
	cpu_set_t cpus;
	int rc;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return err_set(err, -errno, "cannot read the CPUs of this process: %s", strerror(errno));
	rc = samples_new(&samples, &facts, 1, &cpus, FUNCTIONS_FREQUENCY_DEFAULT, NULL, &all, err);
	if (!rc)
		samples_free(samples);
	return rc;
}
