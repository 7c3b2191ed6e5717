// SPDX-License-Identifier: GPL-3.0-or-later
// Colours. Those of rows are by Okabe and Ito (Color Universal Design, 2008), which colour-blind eyes can tell apart; rows
// are told apart by symbol and dash as well.

export interface Palette {
	readonly rows: readonly string[];
	readonly text: string;
	readonly faint: string;
	readonly line: string;
	readonly panel: string;
	readonly neutral: string;
	readonly bad: string;
}

const LIGHT: Palette = {
	rows: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5f5f5f"],
	text: "#1c2430", faint: "#5b6675", line: "#e1e5ea", panel: "#ffffff", neutral: "#9aa4b1", bad: "#b3261e",
};

const DARK: Palette = {
	rows: ["#56b4e9", "#e69f00", "#2cc295", "#e19ac4", "#f0e442", "#f28a4b", "#b8c0cb"],
	text: "#e6eaf0", faint: "#9ba7b6", line: "#2b333e", panel: "#161b22", neutral: "#6b7685", bad: "#ff8a80",
};

export const SYMBOLS = ["circle", "rect", "triangle", "diamond"] as const;
const DASHES = ["solid", "dashed", "dotted"] as const;

export type Theme = "auto" | "light" | "dark";
const KEY = "maxq-report-theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const listeners: (() => void)[] = [];
let chosen: Theme = "auto";
let printing = false;

export const isDark = (): boolean => !printing && (chosen === "auto" ? prefersDark.matches : chosen === "dark");
export const palette = (): Palette => (isDark() ? DARK : LIGHT);
export const colour = (index: number): string => {
	const { rows } = palette();
	return rows[index % rows.length] ?? "#888888";
};
/* Colours come round after seven rows; then the dash differs. */
export const dash = (index: number): (typeof DASHES)[number] => DASHES[Math.floor(index / LIGHT.rows.length) % 3] ?? "solid";
export const symbol = (index: number): string => SYMBOLS[index % SYMBOLS.length] ?? "circle";
export const reducedMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

function apply(): void {
	const root = document.documentElement;
	if (printing) root.dataset["theme"] = "light";
	else if (chosen === "auto") delete root.dataset["theme"];
	else root.dataset["theme"] = chosen;
	for (const listener of listeners) listener();
}

export function onTheme(listener: () => void): void {
	listeners.push(listener);
}

export function setTheme(theme: Theme): void {
	chosen = theme;
	/* a page from a file may have no storage: it is only a convenience */
	try {
		localStorage.setItem(KEY, theme);
	} catch {
		/* then it is forgotten */
	}
	apply();
}

export const theme = (): Theme => chosen;

export function startTheme(): void {
	try {
		const kept = localStorage.getItem(KEY);
		if (kept === "light" || kept === "dark") chosen = kept;
	} catch {
		/* nothing was kept */
	}
	prefersDark.addEventListener("change", apply);
	/* paper is light */
	addEventListener("beforeprint", () => {
		printing = true;
		apply();
	});
	addEventListener("afterprint", () => {
		printing = false;
		apply();
	});
	apply();
}
