// SPDX-License-Identifier: GPL-3.0-or-later
// What keeps the page up to date: events of `maxq report --live`. Nothing that happens here reaches the run.

import { bag, bags, type Bag, type Json, type Live } from "./document.ts";

/* A chart that is drawn again costs a tenth of a second of a CPU, which may be one that is measured: no more often than this. */
const REBUILD_MS = 4000;
const RETRY_MS = 1000;
const LOST = "The connection to maxq is lost: is `maxq report --live` still running? What is shown is as it was last.";

export interface LiveHandlers {
	/* the run that the page shows, if there is one */
	shown(): number | undefined;
	/* a run's document as far as it goes: {source, id, result}; false: it is as it was */
	run(one: Bag): boolean;
	going(all: Bag[]): void;
	history(all: Json): void;
	/* it is time to make all of the page anew, or only the list of runs; false: not now */
	rebuild(all: boolean): boolean;
}

/* Keeps the page up to date, while it is seen and until it is left. */
export function follow(live: Live, handlers: LiveHandlers, say: (trouble: string) => void): void {
	let source: EventSource | undefined;
	let due: "nothing" | "list" | "all" = "nothing";
	let rebuilt = performance.now();
	let timer: ReturnType<typeof setTimeout> | undefined;
	let again: ReturnType<typeof setTimeout> | undefined;
	let running = live.going.length;

	const rebuild = (): void => {
		timer = undefined;
		if (due === "nothing") return;
		if (!document.hidden && handlers.rebuild(due === "all")) {
			due = "nothing";
			rebuilt = performance.now();
		} else {
			timer = setTimeout(rebuild, RETRY_MS);
		}
	};
	const soon = (what: "list" | "all"): void => {
		if (due !== "all") due = what;
		timer ??= setTimeout(rebuild, Math.max(0, rebuilt + REBUILD_MS - performance.now()));
	};
	const close = (): void => {
		source?.close();
		source = undefined;
		clearTimeout(again);
		again = undefined;
	};
	const open = (): void => {
		/* what the page has is told each time, as it may be out of date */
		const query = Object.entries({ run: live.run, shown: handlers.shown() }).flatMap(([key, id]) => (id === undefined ? [] : `${key}=${id}`));
		const events = new EventSource(`${live.base}events${query.length ? "?" : ""}${query.join("&")}`);
		const on = (name: string, take: (data: Json) => void): void =>
			events.addEventListener(name, (event: MessageEvent<string>) => {
				take(JSON.parse(event.data) as Json);
			});
		close();
		source = events;
		on("run", (data) => {
			if (handlers.run(bag(data))) soon("all");
		});
		on("history", (data) => {
			handlers.history(data);
			soon("list");
		});
		on("going", (data) => {
			const all = bags(data);
			handlers.going(all);
			/* what a run is judged by comes at its end */
			if (all.length !== running) soon("all");
			running = all.length;
		});
		events.addEventListener("open", () => say(""));
		events.addEventListener("error", () => {
			say(LOST);
			close();
			again = setTimeout(open, RETRY_MS);
		});
	};

	/* a browser has few connections for one server: pages that are not seen take none */
	document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
	addEventListener("pagehide", close);
	addEventListener("pageshow", (event) => {
		if (event.persisted) open();
	});
	if (!document.hidden) open();
}
