// SPDX-License-Identifier: GPL-3.0-or-later
// maxq report --live in a real browser, while runs begin, go on and end. Takes the address, the browser, maxq, and a URL to load;
// prints a line a check, as TAP does.
import { spawn } from "node:child_process";
import { chromium } from "playwright-core";

const [, , address, executablePath, maxq, target] = process.argv;
let n = 0;

function ok(is, name, note) {
	n++;
	console.log(`${is ? "ok" : "not ok"} ${n} - ${name}`);
	if (!is && note !== undefined) console.log(`# ${String(typeof note === "string" ? note : JSON.stringify(note)).slice(0, 500).replace(/\n/g, "\n# ")}`);
}

/* A run of maxq; its end is a promise of the exit status. */
function run(...args) {
	const child = spawn(maxq, args, { stdio: "ignore" });
	return { child, end: new Promise((done) => child.on("exit", (code, signal) => done(signal ?? code))) };
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: 20000 });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
const page = await context.newPage();
const noise = [];
const requests = [];

page.setDefaultTimeout(15000);
page.on("console", (message) => { if (message.type() === "error" || message.type() === "warning") noise.push(message.text()); });
page.on("pageerror", (error) => noise.push(String(error)));
page.on("request", (request) => requests.push(request.url()));

const steps = () => page.locator("#rows details", { hasText: /^Steps/ }).locator("tbody tr").count();
const lines = () => page.locator("#chart-throughput svg path").count();

try {
	await page.goto(address);
	await page.waitForSelector("#runs tbody tr");
	ok((await page.locator("h1").textContent()) === "No run goes on", "without a run: it is said so");
	const listed = await page.locator("#runs tbody tr").count();
	ok(listed >= 1, "and all runs are listed", listed);

	// two of them side by side
	ok((await page.locator(".list-tools a[href]").count()) === 0, "nothing is compared yet");
	await page.locator("#runs input[type=checkbox]").nth(0).check();
	await page.locator("#runs input[type=checkbox]").nth(1).check();
	await page.locator(".list-tools a[href]").click();
	await page.waitForSelector("#compare");
	ok(/\/run\/\d+,\d+$/.test(page.url()), "two that are picked are compared", page.url());
	await page.getByRole("link", { name: "newest run" }).click();
	await page.waitForSelector("#runs tbody tr");

	// a run begins
	const sweep = run("sweep", "-c", "1,2,4,8,16,32", "-d", "2s", "--warmup", "100ms", target);
	await page.waitForSelector(".going .badge.live");
	ok((await page.locator(".going").textContent()).includes("sweep"), "a run that begins is shown", await page.locator(".going").textContent());
	await page.waitForFunction(() => document.querySelectorAll(".going .spark").length === 1);
	ok((await page.locator(".going .bar", { hasText: "load generator" }).count()) === 1, "with its figures");
	await page.waitForSelector("#chart-throughput svg");
	await page.waitForFunction(() => document.querySelectorAll("#rows details tbody tr").length >= 2);
	ok(/Not complete yet/.test(await page.locator(".banner:not([hidden])").first().textContent()), "nothing is judged yet", await page.locator(".banner").allTextContents());
	ok((await page.locator("#results .badge.bad").count()) === 0 && (await page.locator("#results .badge.live").count()) === 1, "nor in the table");

	// what the reader does stays, when the page is made anew
	await page.locator("#rows details", { hasText: /^Steps/ }).locator("summary").click();
	await page.locator("#throughput .control", { hasText: "throughput" }).getByRole("button", { name: "log" }).click();
	await page.evaluate(() => scrollTo(0, 400));
	const before = await steps();
	await page.evaluate(() => { document.querySelector("main").dataset.old = "1"; });
	await page.waitForFunction((old) => !document.querySelector("main").dataset.old && document.querySelectorAll("#rows details tbody tr").length > old, before);
	ok((await steps()) > before, "the page grows with the run", `${before} to ${await steps()}`);
	ok(await page.locator("#rows details", { hasText: /^Steps/ }).evaluate((one) => one.open), "what was unfolded stays so");
	ok((await page.locator("#throughput .control", { hasText: "throughput" }).getByRole("button", { name: "log" }).getAttribute("aria-pressed")) === "true", "so does a switch");
	ok(Math.abs((await page.evaluate(() => scrollY)) - 400) < 3, "and where one has scrolled to", await page.evaluate(() => scrollY));
	const drawn = await lines();
	ok(drawn > 5, "the chart is drawn", drawn);

	// also what the keyboard has reached, in a table that is pushed aside, with a tick
	await page.locator("#runs input[type=checkbox]").nth(1).check();
	await page.locator("#runs input[type=checkbox]").nth(1).focus();
	await page.evaluate(() => { document.querySelector("main").dataset.old = "1"; });
	await page.waitForFunction(() => !document.querySelector("main").dataset.old);
	ok(await page.evaluate(() => document.activeElement?.matches("#runs input[type=checkbox]:checked")), "focus and ticks stay", await page.evaluate(() => document.activeElement?.outerHTML));
	await page.locator("#runs input[type=checkbox]").nth(1).uncheck();

	// it ends
	const status = await sweep.end;
	ok(status === 0 || status === 4, "the run is not harmed", status);
	await page.waitForFunction(() => document.querySelectorAll(".going").length === 0 && !/Not complete/.test(document.querySelector(".banner:not([hidden])")?.textContent ?? ""));
	ok((await page.locator("#results .badge.live").count()) === 0, "at its end it is judged");
	ok((await page.locator("#runs tbody tr").count()) === listed + 1, "and listed");
	ok(/^(≥ )?\d/.test(await page.locator("#results tbody tr td").first().textContent()), "with its maximum", await page.locator("#results tbody tr").first().textContent());

	// what ended while nobody was told: as with a tunnel that is cut
	await context.route("**/events*", (route) => route.abort());
	const unseen = run("sweep", "-c", "1,2", "-d", "2s", "--warmup", "100ms", target);
	await new Promise((resolve) => setTimeout(resolve, 3000));
	const late = await context.newPage();
	late.setDefaultTimeout(15000);
	await late.goto(address);
	await late.waitForSelector(".going");
	await unseen.end;
	await context.unroute("**/events*");
	await late.waitForFunction(() => document.querySelectorAll("#results .badge.live").length === 0 && document.querySelectorAll(".going").length === 0);
	ok(!/Partial/.test(await late.locator(".banner:not([hidden])").allTextContents().then((all) => all.join())), "a run that ended unseen is shown as it ended", await late.locator(".banner").allTextContents());
	await late.close();
	for (let i = noise.length - 1; i >= 0; i--) if (/ERR_FAILED/.test(noise[i])) noise.splice(i, 1);

	// another one, which is left while it goes on
	const load = run("load", "-c", "4", "-d", "4s", target);
	await page.waitForSelector(".going");
	await page.waitForFunction(() => document.querySelector("h1")?.textContent?.includes("127.0.0.1"));
	const other = await context.newPage();
	await other.goto(address);
	await other.waitForSelector(".going");
	await other.close();
	ok(noise.length === 0, "no error so far", noise);
	ok(requests.every((one) => one.startsWith(address)), "nothing is asked of anybody else", requests.filter((one) => !one.startsWith(address)));
	await page.setViewportSize({ width: 360, height: 740 });
	ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, "nothing beyond the edge of a phone");
	await page.close();
	const left = await load.end;
	ok(left === 0 || left === 4, "a run whose page was left goes on to its end", left);
} catch (error) {
	ok(false, "the page can be used", String(error));
}
await browser.close();
console.log(`1..${n}`);
