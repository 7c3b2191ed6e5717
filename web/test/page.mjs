// SPDX-License-Identifier: GPL-3.0-or-later
// The report page in a real browser. Takes the folder of the pages that tests/report.t made, prints a line a check, as TAP does.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [, , folder, executablePath] = process.argv;
let n = 0;

function ok(is, name, note) {
	n++;
	console.log(`${is ? "ok" : "not ok"} ${n} - ${name}`);
	if (!is && note !== undefined) console.log(`# ${String(typeof note === "string" ? note : JSON.stringify(note)).slice(0, 500).replace(/\n/g, "\n# ")}`);
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: 20000 });

/* Opens a page, gives it to the checks, and says whether it was quiet: no error, and nothing asked for but itself. */
async function visit(name, { expected, ...options }, checks) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
	const page = await context.newPage();
	const noise = [];
	const requests = [];

	page.setDefaultTimeout(5000);
	page.on("console", (message) => { if (message.type() === "error" || message.type() === "warning") noise.push(message.text()); });
	page.on("pageerror", (error) => noise.push(String(error)));
	page.on("request", (request) => requests.push(request.url()));
	page.on("dialog", (dialog) => { noise.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
	const what = `${name} at ${options.viewport?.width ?? 1280}`;
	try {
		await page.goto(`file://${folder}/${name}.html`);
		await page.waitForSelector("main");
		await page.waitForFunction(() => [...document.querySelectorAll(".canvas")].every((one) => one.querySelector("svg")));
		await checks(page);
	} catch (error) {
		ok(false, `${what}: is shown and can be used`, String(error));
	}
	const unexpected = noise.filter((one) => !expected?.test(one));
	ok(unexpected.length === 0, `${what}: no error`, unexpected);
	ok(requests.length > 0 && requests.every((one) => one === `file://${folder}/${name}.html`), `${what}: nothing is loaded`, requests);
	await context.close();
}

const paths = (page, chart) => page.locator(`#${chart} svg path`).count();
const texts = (page, chart) => page.locator(`#${chart} svg text`).allTextContents();
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const column = async (page, i) => page.locator(`#results tbody tr > :nth-child(${i})`).allTextContents();

await visit("bench", {}, async (page) => {
	for (const [chart, least] of [["chart-ranking", 15], ["chart-ratio", 5], ["chart-throughput", 20], ["chart-cost", 10], ["chart-latency", 20], ["chart-latency-throughput", 15]]) {
		const drawn = await paths(page, chart);
		ok(drawn >= least, `${chart} is drawn`, `${drawn} paths`);
	}
	ok((await texts(page, "chart-ranking")).some((one) => one.includes("nginx")), "its axis has the names");

	// the legend
	const before = await paths(page, "chart-throughput");
	const key = page.locator("#throughput .legend button").first();
	await key.click();
	await page.waitForTimeout(50);
	ok((await paths(page, "chart-throughput")) < before, "the legend hides a line");
	ok((await key.getAttribute("aria-pressed")) === "false", "and says so");
	await key.focus();
	await page.keyboard.press("Enter");
	ok((await paths(page, "chart-throughput")) === before, "and shows it again, by the keyboard");

	// axes
	const linear = await texts(page, "chart-throughput");
	await page.locator("#throughput .control", { hasText: "throughput" }).getByRole("button", { name: "log" }).click();
	const log = await texts(page, "chart-throughput");
	ok(linear.includes("0") && !log.includes("0"), "a logarithmic axis has no zero", log);

	// sorting and filtering
	const names = await column(page, 2);
	const rates = async () => (await column(page, 3)).map((one) => parseFloat(one.replace("≥ ", "")) * (one.includes("k") ? 1000 : 1));
	const falling = (values) => values.every((one, i) => i === 0 || one <= values[i - 1]);
	const heading = page.locator("#results thead button", { hasText: "requests/s" });
	ok(names.length === 4 && falling(await rates()), "rows come by throughput", await rates());
	await heading.focus();
	await page.keyboard.press("Enter");
	ok(falling(await rates()) && (await page.locator("#results th[aria-sort=descending]").count()) === 1, "Enter sorts");
	await page.keyboard.press("Enter");
	ok(falling((await rates()).reverse()) && (await page.locator("#results th[aria-sort=ascending]").count()) === 1, "and the other way", await rates());
	await page.locator("#results input").fill("HTTP+tcp");
	ok((await column(page, 2)).join() === "nginx,uwsgi@http+tcp,skeleton", "a filter", await column(page, 2));
	ok((await page.locator("#results .table-status").textContent()) === "1 of 4", "says how many");
	await page.locator("#results input").fill("no such row");
	ok((await column(page, 2)).length === 0, "of nothing");
	await page.locator("#results input").fill("");

	// keyboard and theme
	await page.keyboard.press("Control+Home");
	await page.evaluate(() => { document.activeElement?.blur(); window.getSelection()?.removeAllRanges(); });
	await page.reload();
	await page.waitForSelector("main");
	await page.keyboard.press("Tab");
	ok((await page.evaluate(() => document.activeElement?.className)) === "skip", "the first stop leads to the results");
	await page.keyboard.press("Tab");
	const outline = await page.evaluate(() => [document.activeElement?.tagName, getComputedStyle(document.activeElement).outlineStyle]);
	ok(outline[0] === "BUTTON" && outline[1] === "solid", "focus is seen", outline);
	const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const light = await background();
	await page.getByRole("button", { name: "dark" }).click();
	ok((await background()) !== light, "dark by the button");
	await page.getByRole("button", { name: "auto" }).click();
	await page.emulateMedia({ colorScheme: "dark" });
	ok((await background()) !== light, "dark by preference");
	await page.emulateMedia({ colorScheme: "light" });

	// tooltips
	await page.locator("#chart-ranking").evaluate((one) => one.scrollIntoView({ block: "center" }));
	const box = await page.locator("#chart-ranking").boundingBox();
	let tip = "";
	for (let x = 200; x < 400 && !tip; x += 20) {
		await page.mouse.move(box.x + x, box.y + 28);
		await page.waitForTimeout(60);
		tip = (await page.locator("#chart-ranking .tip").allTextContents()).join();
	}
	ok(/95 % interval/.test(tip), "a tooltip", tip);

	// what is not valid
	const alert = page.locator(".banner.bad[role=alert]");
	const at = await page.evaluate(() => { scrollTo(0, 0); return document.querySelector(".banner").getBoundingClientRect().bottom; });
	ok((await alert.isVisible()) && at < 900, "what is not valid is said on top", at);
	ok(/4 of 4 rows are not valid/.test(await alert.textContent()), "of all rows", await alert.textContent());
	ok((await page.locator("article.row.not-valid .alert li").count()) >= 4, "and why, at each row");
	ok((await page.locator("#results tbody .badge.bad").count()) === 4, "and in the table");

	// on paper
	await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
	ok((await page.locator("details:not([open])").count()) === 0, "what is folded is printed");
	await page.emulateMedia({ media: "print" });
	ok(!(await page.locator("nav").isVisible()) && !(await page.locator(".tools").isVisible()), "and what can be pressed is not");
	await page.evaluate(() => dispatchEvent(new Event("afterprint")));
});

await visit("reference", {}, async (page) => {
	const one = await paths(page, "chart-ratio");
	ok(one > 10 && /outlined: the same ratio of the reference figures \(.*the talk/.test(await page.locator("#results figure", { hasText: "Ratio" }).locator("p").first().textContent()), "ratios of the reference");
	const axis = await texts(page, "chart-ratio");
	await page.locator("#results .choice button").nth(1).click();
	ok((await texts(page, "chart-ratio")).join() !== axis.join(), "to another row");
	ok((await page.locator("#results thead button", { hasText: "ref." }).count()) === 2, "and in the table");
});

await visit("layers", {}, async (page) => {
	ok((await paths(page, "chart-layers-0")) > 8, "the ladder is drawn");
	const bars = (await texts(page, "chart-layers-0")).filter((text) => text.startsWith("+")).length;
	ok(bars >= 2, "a bar for each step", await texts(page, "chart-layers-0"));
	const axis = await texts(page, "chart-layers-0");
	await page.locator("figure", { has: page.locator("#chart-layers-0") }).locator(".choice button").last().click();
	ok((await texts(page, "chart-layers-0")).join() !== axis.join(), "another flight");
});

await visit("profile", {}, async (page) => {
	await page.locator("details.profile summary").first().click();
	ok((await page.locator("details.profile tbody tr").count()) > 4, "phases");
});

await visit("sweep", {}, async (page) => {
	ok(/knee/.test((await page.locator(".facts").first().textContent()) ?? ""), "the knee in words");
	ok((await texts(page, "chart-throughput")).some((one) => one.startsWith("maximum")), "the maximum is marked");
	ok((await page.locator("#chart-throughput svg path[stroke-dasharray]").count()) >= 1, "the scalability law is drawn");
});

await visit("slo", {}, async (page) => {
	ok(/highest rate that keeps the objective/.test((await page.locator("#rows").textContent()) ?? ""), "the objective");
});

await visit("compare", {}, async (page) => {
	const [a, b] = ["report_bench.json", "report_bench_later.json"].map((file) => JSON.parse(readFileSync(new URL(`../../tests/data/${file}`, import.meta.url))));
	ok((await paths(page, "chart-difference")) > 4, "differences are drawn");
	for (const before of a.results) {
		const after = b.results.find((one) => one.name === before.name);
		const [x, y] = [before.maximum, after.maximum];
		const width = ({ ci95_rps: [lo, hi], throughput_rps }) => (hi - lo) / 2 / throughput_rps;
		const share = y.throughput_rps / x.throughput_rps - 1;
		const half = (share + 1) * Math.sqrt(width(x) ** 2 + width(y) ** 2);
		const percent = (value, digits = 1) => `${value > 0.5 / 10 ** (digits + 2) ? "+" : ""}${(value * 100).toFixed(digits).replace("-", "−")} %`;
		const row = page.locator("#compare tbody tr").filter({ has: page.locator("th", { hasText: new RegExp(`^${before.name.replace(/[+.]/g, "\\$&")}$`) }) });
		const text = await row.locator("td").nth(2).textContent();
		ok(text?.startsWith(`${percent(share)} (${percent(share - half, 0)} to ${percent(share + half, 0)})`), `${before.name}: the difference and its interval`, text ?? "");
	}
	ok(/8 of 8 rows/.test(await page.locator(".banner").textContent()), "what is not valid in either");
});

// the last check tries what the policy forbids
await visit("hostile", { expected: /^Executing inline script violates/ }, async (page) => {
	const state = await page.evaluate(() => ({ hacked: window.hacked, images: document.querySelectorAll("img, iframe, object, svg script, a[href^='javascript']").length, scripts: document.scripts.length, seen: document.body.innerText.includes("<img src=x onerror=") }));
	ok(state.hacked === undefined && state.images === 0 && state.scripts <= 1, "hostile strings are inert", state);
	ok(state.seen, "and shown as they are");
	await page.locator("details").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
	await page.locator("#chart-throughput").scrollIntoViewIfNeeded();
	const box = await page.locator("#chart-throughput").boundingBox();
	for (let x = 60; x < box.width; x += 40) await page.mouse.move(box.x + x, box.y + box.height / 2);
	ok((await page.evaluate(() => window.hacked ?? document.querySelectorAll("img").length)) === 0, "also where they are unfolded and pointed at");
	const blocked = await page.evaluate(() => new Promise((resolve) => {
		const script = document.createElement("script");
		document.addEventListener("securitypolicyviolation", () => resolve(true), { once: true });
		script.textContent = "window.hacked = 2";
		document.body.append(script);
		setTimeout(() => resolve(false), 500);
	})).catch(() => false);
	ok(blocked && (await page.evaluate(() => window.hacked)) === undefined, "and the policy would stop them");
});

await visit("odd", {}, async (page) => {
	ok((await page.locator("article.row").count()) >= 1 && (await page.locator(".bad-part").count()) === 0, "a document full of other types is shown", await page.locator(".bad-part").allTextContents());
});

for (const name of ["bench", "reference", "layers", "profile", "sweep", "slo", "compare", "hostile", "odd"])
	await visit(name, { viewport: { width: 360, height: 740 } }, async (page) => {
		await page.locator("details").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
		ok((await overflow(page)) <= 0, `${name}: nothing beyond the edge of a phone`, await page.evaluate(() => [...document.querySelectorAll("main *, .banner, .top")].filter((one) => one.getBoundingClientRect().right > 361 && !one.closest(".scroll") && !one.closest("nav")).map((one) => `${one.tagName}.${one.className}`).slice(0, 5).join(" ")));
	});

await browser.close();
console.log(`1..${n}`);
