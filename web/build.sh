#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
#   web/build.sh PAGE ASSEMBLER auto|enabled|disabled
#
# Part of the build: bundles the report page into PAGE, once for all builds, and writes the ASSEMBLER file that puts it into
# maxq. Where that cannot be (no npm, no network) it says so in one line, and PAGE is empty, unless it is `enabled`.
set -eu
page=$(realpath -m "$1")
assembler=$(realpath -m "$2")
mode=$3
cd "$(dirname "$0")"

# The checksum makes this file another one whenever the page is: nothing else tells the compiler.
put() {
	cmp -s "$1" "$page" || cp "$1" "$page"
	cat >"$assembler.tmp" <<-EOF
		/* made by web/build.sh: $(cksum <"$page" | cut -d ' ' -f 1-2) */
		.section .rodata
		.globl report_page, report_page_size
		.hidden report_page
		.hidden report_page_size
		report_page:
		.incbin "$page"
		report_page_end:
		.balign 8
		report_page_size:
		.quad report_page_end - report_page
		.section .note.GNU-stack, "", %progbits
	EOF
	cmp -s "$assembler.tmp" "$assembler" || cp "$assembler.tmp" "$assembler"
	rm -f "$assembler.tmp"
}

# Says it once for each reason.
leave_out() {
	if [ "$mode" = enabled ]; then
		echo "cannot build the report page: $1" >&2
		exit 1
	fi
	if [ "$(cat "$page.why" 2>/dev/null)" != "$1" ]; then
		[ "$mode" = disabled ] || echo "no report page: $1 (everything else is built; 'maxq report' will say so)" >&2
		echo "$1" >"$page.why"
	fi
	put /dev/null
	exit 0
}

changed_since() {
	[ ! -e "$1" ] || [ -n "$(find src build.mjs package.json package-lock.json tsconfig.json -newer "$1")" ]
}

[ "$mode" != disabled ] || leave_out "it is disabled"
mkdir -p dist 2>/dev/null || leave_out "cannot write to '$PWD'"
exec 9>dist/.lock
flock 9

if changed_since dist/report.html; then
	command -v npm >/dev/null || leave_out "npm is missing: install nodejs and npm"
	node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null ||
		leave_out "it needs Node.js 18 or newer"
	if [ ! -e node_modules/.package-lock.json ] || [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
		timeout 300 npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 \
			--fetch-retry-mintimeout=1000 --fetch-timeout=30000 \
			>dist/npm.log 2>&1 || leave_out "npm cannot fetch its packages (is there a network?): see web/dist/npm.log"
	fi
	node_modules/.bin/tsc --noEmit
	node build.mjs
fi
rm -f "$page.why"
put dist/report.html
