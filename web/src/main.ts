// SPDX-License-Identifier: GPL-3.0-or-later
// The report page: everything from the one JSON block that maxq has put in.

import { aboutRun, banner } from "./about.ts";
import { costChart, layersChart } from "./chart_cost.ts";
import { latencyChart } from "./chart_latency.ts";
import { rankingChart, ratioChart } from "./chart_ranking.ts";
import { latencyByThroughputChart, throughputChart } from "./chart_throughput.ts";
import { compareView } from "./compare.ts";
import { disposeCharts, drawCharts } from "./chart.ts";
import { bag, bags, byThroughput, isBag, readPage, text, type Bag, type Json, type Page } from "./document.ts";
import { append, choice, h, section } from "./dom.ts";
import { historyView } from "./history.ts";
import { keep } from "./keep.ts";
import { follow } from "./live.ts";
import { rowDetails, rowsTable } from "./rows.ts";
import { liveStrip } from "./strip.ts";
import { setTheme, startTheme, theme, type Theme } from "./theme.ts";

function titleOf({ runs, rows, live }: Page): string {
	if (live && !runs.length) return live.going.length ? "A run has begun" : "No run goes on";
	if (runs.length > 1) return runs.map((run) => run.source).join(runs.length === 2 ? " and " : ", ");
	const [row] = rows;
	if (rows.length === 1 && row) return row.label;
	const suite = text(bag(runs[0]?.json["settings"])["suite"]);
	if (suite !== undefined) return `The suite ${suite}`;
	return rows.length > 0 && rows.length < 4 ? rows.map((one) => one.name).join(" · ") : `${runs[0]?.command ?? "report"}: ${rows.length} rows`;
}

function header(page: Page, theme: Theme): HTMLElement {
	const first = page.runs[0];
	const when = page.runs.length === 1 ? text(first?.json["started_at"])?.replace("T", " ").replace("Z", " UTC") : undefined;
	return h("header", { class: "top" },
		h("div", null,
			h("p", { class: "mark" }, "maxq", h("span", null, " report"), page.live && h("a", { href: page.live.base, class: "home" }, "newest run"), page.live && h("a", { href: "#runs", class: "home" }, "all runs")),
			h("h1", null, titleOf(page)),
			page.live && !page.runs.length && h("p", { class: "faint" }, "What maxq measures on this machine appears here as soon as its first load is over, unless it is told not to store it."),
			when && h("p", { class: "faint" }, `${first?.source ?? ""} · ${first?.command ?? ""} · ${when}`)),
		h("div", { class: "tools" },
			choice<Theme>("colours", [["auto", "auto"], ["light", "light"], ["dark", "dark"]], theme, setTheme),
			h("button", { type: "button", class: "plain", click: () => print() }, "print")));
}

function build(page: Page, theme: Theme, strip: HTMLElement | undefined): HTMLElement {
	const { runs, rows, live } = page;
	const ladders = runs.flatMap((run) => bags(run.json["layers"]).map((ladder) => ({ run, ladder })));
	const [before, after] = runs;
	const sections: HTMLElement[] = [
		runs.length === 2 && before && after && section("compare", "Comparison", () => compareView(before, after)),
		section("results", "Results", () => rows.length > 0 && [
			rowsTable(rows),
			h("div", { class: "charts" }, rankingChart(rows)?.element, ratioChart(rows)?.element),
		]),
		section("throughput", "Throughput", () => throughputChart(rows)?.element),
		section("cost", "Cost", () => {
			const charts = [costChart(rows), ...ladders.map(({ run, ladder }, i) => layersChart(run, ladder, `chart-layers-${i}`))].filter((one) => one !== null);
			return charts.length > 0 && charts.map((one) => one.element);
		}),
		section("latency", "Latency", () => {
			const charts = [latencyChart(rows), latencyByThroughputChart(rows)].filter((one) => one !== null);
			return charts.length > 0 && h("div", { class: "charts" }, charts.map((one) => one.element));
		}),
		section("rows", "Row by row", () => rows.length > 0 && byThroughput(rows).map(rowDetails)),
		section("circumstances", "Circumstances", () => runs.length > 0 && runs.map(aboutRun)),
		section("runs", "Runs", () => historyView(page)),
	].filter((one) => one instanceof HTMLElement);
	return h("div", { class: "page" },
		h("a", { class: "skip", href: "#main" }, "to the results"),
		header(page, theme),
		strip,
		runs.length > 0 && banner(page),
		h("nav", { "aria-label": "parts of this page" }, sections.map((one) => h("a", { href: `#${one.id}` }, one.querySelector("h2")?.textContent))),
		h("main", { id: "main" }, sections),
		h("footer", null, `Made by maxq ${page.maxq}. `, live ? "Served on this machine by `maxq report --live`, which changes nothing." : "This file is complete: it loads nothing from elsewhere."));
}

/* Shows it in place of what was there. */
function show(page: Page, theme: Theme, strip?: HTMLElement): void {
	const again = keep(document);
	disposeCharts();
	document.title = `${titleOf(page)} - maxq report`;
	document.body.replaceChildren(build(page, theme, strip));
	if (page.live) {
		drawCharts();
		again(document);
	}
}

/* The list of runs alone. */
function showRuns(page: Page): void {
	const before = document.getElementById("runs");
	const now = section("runs", "Runs", () => historyView(page));
	if (!before || !now) return;
	const again = keep(document);
	before.replaceWith(now);
	again(document);
}

/* So long a selection holds up what is new. */
const PATIENCE_MS = 20_000;

/* The page as the server tells of it, again and again. */
function startLive(first: Bag): void {
	const data: Bag = { ...first };
	const strip = liveStrip();
	const live = (): Bag => bag(data["live"]);
	const shown = (): number | undefined => (page.runs.length === 1 ? page.runs[0]?.id : undefined);
	let page = readPage(data);
	let held = false;
	let waited = 0;

	const showStrip = (): void => {
		if (page.live?.follows && !held) strip.show(page.live, shown());
	};
	/* nothing is taken from under a hand, or out of a selection */
	const mayRebuild = (): boolean => {
		if (held) return false;
		if (getSelection()?.isCollapsed !== false) waited = 0;
		else if (!waited) waited = performance.now();
		return !waited || performance.now() - waited > PATIENCE_MS;
	};
	const rebuild = (all: boolean): boolean => {
		if (!mayRebuild()) return false;
		page = readPage(data);
		if (all) show(page, theme(), strip.element);
		else showRuns(page);
		showStrip();
		return true;
	};

	addEventListener("pointerdown", () => { held = true; });
	for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { held = false; });
	rebuild(true);
	if (!page.live?.follows) return;
	follow(page.live, {
		shown,
		run(one) {
			const before = JSON.stringify(data["runs"]);
			data["runs"] = [one];
			return JSON.stringify(data["runs"]) !== before;
		},
		history(all) { data["live"] = { ...live(), history: all }; },
		going(all) {
			data["live"] = { ...live(), going: all };
			page = { ...page, live: readPage({ live: live() }).live };
			showStrip();
		},
		rebuild,
	}, strip.say);
}

/* What is folded is printed all the same, and folded again afterwards. */
function unfoldForPrint(): void {
	let opened: HTMLDetailsElement[] = [];
	addEventListener("beforeprint", () => {
		opened = [...document.querySelectorAll("details")].filter((one) => !one.open);
		for (const one of opened) one.open = true;
	});
	addEventListener("afterprint", () => {
		for (const one of opened) one.open = false;
	});
}

const data = document.getElementById("data")?.textContent;
try {
	const json = JSON.parse(data ?? "null") as Json;
	startTheme();
	if (isBag(bag(json)["live"])) startLive(bag(json));
	else show(readPage(json), theme());
	unfoldForPrint();
} catch (error) {
	console.error(error);
	append(document.body, h("p", { class: "banner bad", role: "alert" }, "This report cannot be shown: ", String(error)));
}
