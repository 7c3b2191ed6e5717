// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers for people: four significant digits, and never more than are known.

import type { Interval } from "./document.ts";

export const UNKNOWN = "–";

/* 13880 is 13.88k. */
export function count(value: number | undefined, digits = 4): string {
	if (value === undefined) return UNKNOWN;
	const size = Math.abs(value);
	const [unit, by] = size >= 1e9 ? ["G", 1e9] : size >= 1e6 ? ["M", 1e6] : size >= 1e4 ? ["k", 1e3] : ["", 1];
	return trim(value / by, digits) + unit;
}

/* The same for axes, where 1000 is 1k. */
export function tick(value: number): string {
	const size = Math.abs(value);
	const [unit, by] = size >= 1e9 ? ["G", 1e9] : size >= 1e6 ? ["M", 1e6] : size >= 1e3 ? ["k", 1e3] : ["", 1];
	return String(Number((value / by).toPrecision(6))) + unit;
}

function trim(value: number, digits: number): string {
	if (value === 0) return "0";
	const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
	return value.toFixed(Math.min(decimals, 6));
}

/* Microseconds, as they are best read. */
export function time(us: number | undefined, digits = 3): string {
	if (us === undefined) return UNKNOWN;
	const size = Math.abs(us);
	if (size >= 1e6) return `${trim(us / 1e6, digits)} s`;
	if (size >= 1e3) return `${trim(us / 1e3, digits)} ms`;
	return `${trim(us, digits)} µs`;
}

export function timeTick(us: number): string {
	if (us >= 1e6) return `${tick(us / 1e6)} s`;
	if (us >= 1e3) return `${tick(us / 1e3)} ms`;
	return `${tick(us)} µs`;
}

export function percent(share: number | undefined, digits = 1, signed = false): string {
	if (share === undefined) return UNKNOWN;
	const shown = (share * 100).toFixed(digits);
	return `${signed && share > 0 && Number(shown) !== 0 ? "+" : ""}${shown.replace("-", "−")} %`;
}

export function ratio(value: number | undefined): string {
	return value === undefined ? UNKNOWN : value.toFixed(3);
}

/* Half of the interval over the value. */
export function relativeWidth(value: number | undefined, ci: Interval | undefined): number | undefined {
	const [lo, hi] = ci ?? [undefined, undefined];
	return value && lo !== undefined && hi !== undefined ? (hi - lo) / 2 / value : undefined;
}

export function between(ci: Interval | undefined, format: (value: number | undefined) => string): string {
	return ci && (ci[0] !== undefined || ci[1] !== undefined) ? `${format(ci[0])} to ${format(ci[1])}` : UNKNOWN;
}

export function bytes(value: number | undefined): string {
	if (value === undefined) return UNKNOWN;
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	const power = value > 0 ? Math.min(4, Math.floor(Math.log2(value) / 10)) : 0;
	return `${trim(value / 1024 ** power, 3)} ${units[power]}`;
}
