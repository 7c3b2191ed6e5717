// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs a fuzz target once over each file of the folders that are named: the committed corpus, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);

		for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
			char path[4096];
			struct buf input;
			uint8_t *exact;

			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
			buf_init(&input, 1 << 20);
			if (file_read(path, &input, NULL))
				return 1;
			exact = malloc(input.len ? input.len : 1);
			if (!exact)
				return 1;
			memcpy(exact, input.data, input.len);
			LLVMFuzzerTestOneInput(exact, input.len);
			free(exact);
			buf_release(&input);
			n++;
		}
		if (dir)
			closedir(dir);
	}
	printf("%d inputs\n", n);
	return n ? 0 : 1;
}
