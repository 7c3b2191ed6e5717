// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/unittest.h"

#include <stdlib.h>
#include <unistd.h>

#include "observe/mappings.h"

static const char text[] =
    "00400000-00b4e000 r--p 00000000 fe:00 1234                               /usr/bin/node\n"
    "00b50000-02f2b000 r-xp 00750000 fe:00 1234                               /usr/bin/node\n"
    "04a00000-04c00000 rw-p 00000000 00:00 0                                  [heap]\n"
    "7f0000000000-7f0000010000 rwxp 00000000 00:00 0 \n"
    "7f0000100000-7f0000280000 r-xp 014fd000 fe:00 1234                       /usr/bin/node\n"
    "7f0000400000-7f0000500000 r-xp 014fd000 fe:01 1234                       /other/disk\n"
    "7fff00000000-7fff00002000 r-xp 00000000 00:00 0                          [vdso]\n"
    "nonsense\n";

static void test_mappings(void **state)
{
	struct mappings m;

	(void)state;
	assert_int_equal(mappings_parse(&m, text), 0);
	assert_int_equal(m.n, 4);
	/* neither data, nor what has no file, nor what is mapped nowhere */
	assert_int_equal(mappings_first(&m, 0x400010), 0);
	assert_int_equal(mappings_first(&m, 0x7f0000000010), 0);
	assert_int_equal(mappings_first(&m, 0x02f2b000), 0);
	assert_int_equal(mappings_first(&m, 0x00b50000), 0x00b50000);
	/* the second copy: 0x14fd000 of the file is at 0xb50000 + 0x14fd000 - 0x750000 */
	assert_int_equal(mappings_first(&m, 0x7f0000100042), 0xb50000 + 0xdad042);
	/* the same number on another disk is another file */
	assert_int_equal(mappings_first(&m, 0x7f0000400042), 0x7f0000400042);
	assert_int_equal(mappings_first(&m, 0x7fff00000042), 0x7fff00000042);
	mappings_release(&m);
	mappings_release(&m);
}

static void test_own(void **state)
{
	uint64_t ours = (uint64_t)(uintptr_t)test_mappings, data = (uint64_t)(uintptr_t)text;
	struct mappings m;

	(void)state;
	assert_int_equal(mappings_read(&m, getpid()), 0);
	assert_int_equal(mappings_first(&m, ours), ours);
	assert_int_equal(mappings_first(&m, data), 0);
	mappings_release(&m);
	assert_int_not_equal(mappings_read(&m, 0x7ffffff0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mappings),
	    cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
