// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A FastCGI application on libfcgi, as others write them, for tests/protocols.t: it serves one connection after the other.
 *
 *     fcgi_hello ADDRESS       /path/to.sock or :PORT, as libfcgi writes it
 *
 *   /hello    "hello from libfcgi" after a line on STDERR
 *   /echo     the request's body
 *   /large    100,000 bytes, in many records
 *   /stats    how many requests were served, this one not counted
 */
#include <fcgiapp.h>
#include <stdio.h>
#include <string.h>

enum { BACKLOG = 1024, LARGE = 100000 };

static void echo(FCGX_Stream *in, FCGX_Stream *out)
{
	char part[4096];
	int n = FCGX_GetStr(part, sizeof(part), in);

	for (; n > 0; n = FCGX_GetStr(part, sizeof(part), in))
		FCGX_PutStr(part, n, out);
}

int main(int argc, char **argv)
{
	FCGX_Request request;
	unsigned long served = 0;
	int listener = -1;

	if (argc == 2 && !FCGX_Init())
		listener = FCGX_OpenSocket(argv[1], BACKLOG);
	if (listener < 0 || FCGX_InitRequest(&request, listener, 0))
		return 1;
	while (!FCGX_Accept_r(&request)) {
		const char *path = FCGX_GetParam("PATH_INFO", request.envp);

		if (!path)
			path = "";
		FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\n");
		if (!strcmp(path, "/stats")) {
			FCGX_FPrintF(request.out, "%lu\n", served--);
		} else if (!strcmp(path, "/echo")) {
			echo(request.in, request.out);
		} else if (!strcmp(path, "/large")) {
			for (int i = 0; i < LARGE; i++)
				FCGX_PutChar('x', request.out);
		} else {
			FCGX_FPrintF(request.err, "a line for the log\n");
			FCGX_FPrintF(request.out, "hello from libfcgi\n");
		}
		served++;
		FCGX_Finish_r(&request);
	}
	return 0;
}
