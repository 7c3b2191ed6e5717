// SPDX-License-Identifier: GPL-3.0-or-later
// The report page: everything from the one JSON block that maxq has put in.

import { aboutRun, banner } from "./about.ts";
import { costChart, layersChart } from "./chart_cost.ts";
import { latencyChart } from "./chart_latency.ts";
import { rankingChart, ratioChart } from "./chart_ranking.ts";
import { latencyByThroughputChart, throughputChart } from "./chart_throughput.ts";
import { compareView } from "./compare.ts";
import { bag, bags, byThroughput, readPage, text, type Json, type Page } from "./document.ts";
import { append, choice, h, section } from "./dom.ts";
import { rowDetails, rowsTable } from "./rows.ts";
import { setTheme, startTheme, type Theme } from "./theme.ts";

function titleOf({ runs, rows }: Page): string {
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
			h("p", { class: "mark" }, "maxq", h("span", null, " report")),
			h("h1", null, titleOf(page)),
			when && h("p", { class: "faint" }, `${first?.source ?? ""} · ${first?.command ?? ""} · ${when}`)),
		h("div", { class: "tools" },
			choice<Theme>("colours", [["auto", "auto"], ["light", "light"], ["dark", "dark"]], theme, setTheme),
			h("button", { type: "button", class: "plain", click: () => print() }, "print")));
}

function build(page: Page, theme: Theme): HTMLElement {
	const { runs, rows } = page;
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
		section("circumstances", "Circumstances", () => runs.map(aboutRun)),
	].filter((one) => one instanceof HTMLElement);
	return h("div", { class: "page" },
		h("a", { class: "skip", href: "#main" }, "to the results"),
		header(page, theme),
		banner(page),
		h("nav", { "aria-label": "parts of this page" }, sections.map((one) => h("a", { href: `#${one.id}` }, one.querySelector("h2")?.textContent))),
		h("main", { id: "main" }, sections),
		h("footer", null, `Made by maxq ${page.maxq}. This file is complete: it loads nothing from elsewhere.`));
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
	const page = readPage(JSON.parse(data ?? "null") as Json);
	document.title = `${titleOf(page)} - maxq report`;
	document.body.replaceChildren(build(page, startTheme()));
	unfoldForPrint();
} catch (error) {
	console.error(error);
	append(document.body, h("p", { class: "banner bad", role: "alert" }, "This report cannot be shown: ", String(error)));
}
