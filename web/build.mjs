// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles src/ into dist/report.html: one file with its style and its script, and a mark where maxq puts the data. What may
// run in it is said by hashes (Content-Security-Policy, https://www.w3.org/TR/CSP3/): nothing else does, and nothing is loaded.
//
//   node build.mjs             once
//   node build.mjs --watch     again whenever a source changes
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist", "report.html");
const MARK = "<!--maxq:data-->";
// maxq report --live makes it 'self': where it came from, the page may ask for more
const CONNECT = "connect-src 'none'";

const hash = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

function page(script, style) {
	const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; ${CONNECT}; base-uri 'none'; form-action 'none'`;
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>maxq report</title>
<style>${style}</style>
</head>
<body>
<noscript>This report needs JavaScript, which is all in this file.</noscript>
${MARK}
<script>${script}</script>
</body>
</html>
`;
}

function write(result) {
	const text = (suffix) => result.outputFiles.find((one) => one.path.endsWith(suffix)).text;
	// the end of a script must not be in it, nor that of a style
	const script = text(".js").trimEnd();
	const style = text(".css").trimEnd();
	if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error("the bundle would end its own element");
	mkdirSync(dirname(out), { recursive: true });
	writeFileSync(`${out}.tmp`, page(script, style));
	renameSync(`${out}.tmp`, out);
}

// of what is in the bundle; the rest say it themselves
const notice = readFileSync(join(here, "node_modules", "echarts", "NOTICE"), "utf8").trim().replace(/\s+/g, " ").replaceAll("*/", "");

const options = {
	banner: { js: `/*! ${notice} Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0 */` },
	entryPoints: { page: join(here, "src", "main.ts"), style: join(here, "src", "style.css") },
	outdir: join(here, "dist"),
	bundle: true,
	minify: true,
	format: "iife",
	target: "es2022",
	charset: "ascii",
	legalComments: "eof",
	logLevel: "warning",
	write: false,
};

if (process.argv.includes("--watch")) {
	const plugin = { name: "page", setup: (build) => build.onEnd((result) => {
		if (result.errors.length) return;
		write(result);
		console.log(`${new Date().toLocaleTimeString()} dist/report.html`);
	}) };
	await (await esbuild.context({ ...options, plugins: [plugin] })).watch();
} else {
	write(await esbuild.build(options));
}
