// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/procstat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static void copy_comm(char comm[COMM_MAX], const char *from)
{
	snprintf(comm, COMM_MAX, "%.15s", from);
	for (char *c = comm; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?'; /* a process can choose its name, and terminals obey control characters */
}

int procstat_read(pid_t pid, pid_t tid, struct procstat *stat)
{
	int64_t tick_ns = NS_PER_S / sysconf(_SC_CLK_TCK);
	unsigned long long faults, user, system, start;
	long long reaped_user, reaped_system;
	struct procstat s = {.pid = tid ? tid : pid};
	char path[64], text[1024];
	char *open, *close;
	int parent, rc;

	if (tid)
		snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)tid);
	else
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	rc = file_read_text(path, text, sizeof(text));
	if (rc < 0)
		return rc;
	/* the name can contain anything, parentheses and spaces included: it ends at the last one */
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || !close[1])
		return -EPROTO;
	*close = '\0';
	copy_comm(s.comm, open + 1);
	/* (3) state ... (12) ... (14) ... (17) (18) priority (19) nice (20) (21) itrealvalue (22) (23) ... (39) */
	if (sscanf(close + 2,
		"%*c %d %*d %*d %*d %*d %*u %*u %*u %llu %*u %llu %llu %lld %lld %*d %*d %u %*d %llu"
		" %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %d",
		&parent, &faults, &user, &system, &reaped_user, &reaped_system, &s.threads, &start,
		&s.cpu) != 9)
		return -EPROTO;
	s.parent = (pid_t)parent;
	s.major_faults = faults;
	s.user_ns = (int64_t)user * tick_ns;
	s.system_ns = (int64_t)system * tick_ns;
	s.reaped_user_ns = reaped_user * tick_ns;
	s.reaped_system_ns = reaped_system * tick_ns;
	s.start_ticks = start;
	*stat = s;
	return 0;
}
