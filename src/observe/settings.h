// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How the kernel, the machine and single processes are set up, read from /proc and /sys and changed nowhere. Every
 * function takes the folder in which /proc and /sys lie: "" for those of this machine, another for a made-up one.
 */
#ifndef MAXQ_OBSERVE_SETTINGS_H
#define MAXQ_OBSERVE_SETTINGS_H

#include "sample/machine.h"

/* A whole file below `root`, without its last line feed: its length (cut at size - 1) or negative errno. */
int settings_text(const char *root, const char *path, char *text, size_t size);

/* The first number in the file, -1 when there is none; what is beyond INT64_MAX is cut to it. */
int64_t settings_number(const char *root, const char *path);

/* All that there is to know; what cannot be read is left unknown. */
void settings_read(const char *root, struct machine_facts *facts);

/* Of a process, "self" or its number: its limits of open files, and the CPUs that it may run on. */
void settings_file_limits(const char *root, const char *pid, struct file_limits *limits);
void settings_cpus(const char *root, const char *pid, cpu_set_t *cpus);

#endif
