// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of the documentation, from real results (tests/data):
//
//   make screenshots
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [, , maxq, executablePath = "/usr/bin/chromium"] = process.argv;
const MOST_BYTES = 100_000;
const pictures = [
	{ name: "report", data: ["bench"], width: 1140, scheme: "light", from: ".top", to: "#results .table" },
	{ name: "report-throughput", data: ["bench"], width: 820, scheme: "dark", from: "#throughput", to: "#chart-throughput" },
	{ name: "report-cost", data: ["bench"], width: 820, scheme: "light", from: "#cost", to: "#chart-cost" },
	{ name: "report-compare", data: ["bench", "bench_later"], width: 1140, scheme: "light", from: "#compare .table", to: "#compare .table" },
	{ name: "report-phone", data: ["reference"], width: 360, scheme: "dark", from: ".top", to: "#results .table" },
];

const folder = mkdtempSync(join(tmpdir(), "maxq-screenshots-"));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
for (const { name, data, width, scheme, from, to } of pictures) {
	const html = join(folder, `${name}.html`);
	execFileSync(maxq, ["report", "-o", html, ...data.map((one) => join(root, "tests", "data", `report_${one}.json`))]);
	const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme, reducedMotion: "reduce" });
	await page.goto(`file://${html}`);
	await page.waitForFunction(() => [...document.querySelectorAll(".canvas")].every((one) => one.querySelector("svg")));
	const edges = await page.evaluate(([first, last]) => {
		const outer = document.querySelector(last).closest("figure") ?? document.querySelector(last);
		return [document.querySelector(first).getBoundingClientRect().top, outer.getBoundingClientRect().bottom].map((one) => one + scrollY);
	}, [from, to]);
	const path = join(root, "docs", "images", `${name}.png`);
	const y = Math.max(0, edges[0] - 12);
	await page.screenshot({ path, fullPage: true, clip: { x: 0, y, width, height: edges[1] + 16 - y } });
	await page.close();
	const { size } = statSync(path);
	console.log(`docs/images/${name}.png ${Math.round(size / 1000)} kB`);
	if (size > MOST_BYTES) process.exitCode = 1;
}
await browser.close();
rmSync(folder, { recursive: true });
