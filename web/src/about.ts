// SPDX-License-Identifier: GPL-3.0-or-later
// What must not be overlooked, and under which circumstances it was measured.

import { bag, bags, list, number, text, type Bag, type Json, type Page, type Row, type Run } from "./document.ts";
import { h, type Child } from "./dom.ts";
import { bytes } from "./format.ts";
import { table } from "./table.ts";
import { CHECKS } from "./words.ts";

/* Reasons by check, each with its rows: fifteen rows with the same trouble are one line. */
function reasonsByCheck(rows: readonly Row[]): Map<string, Row[]> {
	const found = new Map<string, Row[]>();
	for (const row of rows) {
		const checks = list(row.json["failed_checks"]).map(text);
		const names = row.failed !== undefined ? [`could not be measured, or not to its end`]
			: row.why.map((why, i) => (checks[i] !== undefined ? (CHECKS[checks[i] ?? ""] ?? checks[i] ?? why) : why));
		for (const name of new Set(names.length ? names : ["no reason is given"])) found.set(name, [...(found.get(name) ?? []), row]);
	}
	return found;
}

export function banner({ runs, rows }: Page): HTMLElement {
	const bad = rows.filter((row) => !row.valid || row.failed !== undefined);
	const partial = runs.filter((run) => !run.complete && !run.going);
	const going = runs.filter((run) => run.going);

	if (going.length && !bad.length && !partial.length)
		return h("div", { class: "banner", role: "status" }, h("b", null, "Not complete yet: "), `${going.map((run) => run.source).join(", ")} goes on. Its checks are made at the end.`);

	if (!bad.length && !partial.length)
		return h("div", { class: "banner good", role: "status" }, h("b", null, rows.length === 1 ? "Valid: " : rows.length ? "All rows are valid: " : "Complete: "), "every check passed.");
	return h("div", { class: "banner bad", role: "alert" },
		partial.length > 0 && h("p", null, h("b", null, "Partial: "), `${partial.map((run) => run.source).join(", ")} was interrupted, or something is left out.`),
		bad.length > 0 && h("p", null, h("b", null, rows.length === 1 ? "The result is not valid as it stands:" : `${bad.length} of ${rows.length} rows are not valid as they stand:`)),
		bad.length > 0 && h("ul", null, [...reasonsByCheck(bad)].map(([name, of]) =>
			h("li", null, name, rows.length > 1 && [": ", of.length === rows.length ? "all rows" : of.map((row, i) => [i > 0 && ", ", h("a", { href: `#row-${row.index}` }, row.label)])]))));
}

const LEVELS = ["problem", "warning", "note", "ok"];

function findingsOf(run: Run): Child {
	const all = bags(run.json["findings"]);
	const level = (one: Bag): number => LEVELS.indexOf(text(one["level"]) ?? "");
	const matters = all.filter((one) => one["level"] === "problem" || one["level"] === "warning").length;
	if (!all.length) return null;
	return h("details", { open: matters > 0 }, h("summary", null, `Is this machine fit to measure? ${matters ? `${matters} of ${all.length} findings matter` : `${all.length} findings, none matters`}`),
		table([...all].sort((a, b) => level(a) - level(b)), [
			{ title: "finding", value: (one) => text(one["name"]) },
			{ title: "level", value: level, show: (one) => h("span", { class: `badge ${level(one) < 2 ? "bad" : level(one) === 3 ? "good" : "neutral"}` }, text(one["level"]) ?? "?") },
			{ title: "found", value: (one) => text(one["found"]) },
			{ title: "effect", value: (one) => text(one["effect"]), show: (one) => text(one["effect"]) ?? "" },
			{ title: "what mends it", value: (one) => text(one["mend"]) ?? text(one["advice"]), show: (one) => [text(one["mend"]) && h("code", null, text(one["mend"])), " ", text(one["advice"])] },
		], { caption: "findings", className: (one) => (level(one) < 2 ? "not-valid" : ""), filter: (one) => `${text(one["name"]) ?? ""} ${text(one["level"]) ?? ""} ${text(one["found"]) ?? ""}`, filterLabel: "filter findings" }));
}

function shown(value: Json | undefined): string {
	if (value === null || value === undefined) return "–";
	if (Array.isArray(value)) return value.length ? value.map(shown).join(", ") : "–";
	return typeof value === "object" ? JSON.stringify(value) : typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

const pairs = (title: string, values: Bag, open = false): Child =>
	Object.keys(values).length > 0 && h("details", { open }, h("summary", null, title),
		h("dl", { class: "facts" }, Object.entries(values).map(([name, value]) => h("div", null, h("dt", null, name.replace(/_/g, " ")), h("dd", null, shown(value))))));

export function aboutRun(run: Run): HTMLElement {
	const host = bag(run.json["host"]);
	return h("article", { class: "run" },
		h("h3", null, run.source),
		h("p", { class: "faint" }, `${run.command}, ${text(run.json["started_at"]) ?? "at an unknown time"}, by maxq ${text(run.json["maxq"]) ?? "?"}`),
		findingsOf(run),
		pairs("Machine", { ...host, memory_bytes: bytes(number(host["memory_bytes"])) }),
		pairs("Versions", bag(run.json["versions"])),
		pairs("Settings", bag(run.json["settings"])));
}
