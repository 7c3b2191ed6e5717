// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of the documentation, from real results (tests/data), and of a bench that goes on meanwhile:
//
//   make screenshots
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { terminalPage } from "./terminal.mjs";

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

/* The view of a sweep in a terminal, when its plot has been drawn. */
async function takeTerminal(browser) {
	const path = join(root, "docs", "images", "live-view.png");
	const columns = 96;
	const server = spawn(maxq, ["serve", "--listen", "127.0.0.1:8080", "--burn", "100us"], { stdio: "ignore" });
	const script = spawn("script", ["-qefc", `stty cols ${columns} rows 30; exec ${maxq} --no-store http://127.0.0.1:8080/hello`, "/dev/null"],
		{ stdio: ["ignore", "pipe", "ignore"], detached: true, env: { ...process.env, TERM: "xterm-256color", LC_ALL: "C.UTF-8" } });
	let bytes = "";
	const decoder = new TextDecoder();
	script.stdout.on("data", (some) => { bytes += decoder.decode(some, { stream: true }); });
	await new Promise((resolve) => setTimeout(resolve, 9000));
	/* up to the end of the last drawing, where the cursor goes back up */
	const whole = bytes.slice(0, bytes.lastIndexOf("\x1b[J\r\x1b["));
	for (const child of [script, server]) {
		process.kill(child === script ? -child.pid : child.pid, "SIGTERM");
		await new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.on("exit", resolve)));
	}
	const page = await browser.newPage({ viewport: { width: 900, height: 600 } });
	await page.setContent(terminalPage("maxq http://127.0.0.1:8080/hello", whole, columns));
	await page.locator("body").screenshot({ path });
	await page.close();
	return path;
}

/* The bench of three stacks whose page is taken in its fifth round. */
async function takeLive(browser, folder) {
	const path = join(root, "docs", "images", "report-live.png");
	const store = ["--store", join(folder, "history.db")];
	const viewer = spawn(maxq, ["report", "--live", ...store]);
	const address = await new Promise((resolve) => viewer.stdout.on("data", (text) => resolve(/http:\S+/.exec(String(text))?.[0])));
	const bench = spawn(maxq, ["bench", "--quiet", "--rounds", "12", ...store, "nginx", "nginx,uwsgi,skeleton", "nginx,node"], { stdio: "ignore" });
	try {
		const page = await browser.newPage({ viewport: { width: 1140, height: 900 }, colorScheme: "light", reducedMotion: "reduce" });
		page.setDefaultTimeout(90_000);
		await page.goto(address);
		await page.waitForFunction(() => /round [5-9]/.test(document.querySelector(".going")?.textContent ?? "") && document.querySelectorAll(".going .bar").length > 6);
		const bottom = await page.evaluate(() => document.querySelector("#results .table").getBoundingClientRect().bottom + scrollY);
		await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: 1140, height: bottom + 16 } });
		await page.close();
	} finally {
		for (const child of [bench, viewer]) {
			child.kill("SIGINT");
			await new Promise((resolve) => (child.exitCode !== null ? resolve() : child.on("exit", resolve)));
		}
	}
	return path;
}

function check(path) {
	const { size } = statSync(path);
	console.log(`${path.slice(root.length + 1)} ${Math.round(size / 1000)} kB`);
	if (size > MOST_BYTES) process.exitCode = 1;
}

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
	check(path);
}
check(await takeTerminal(browser));
check(await takeLive(browser, folder));
await browser.close();
rmSync(folder, { recursive: true });
