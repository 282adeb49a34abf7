// Instants are microseconds since 1970 in UTC, as numbers; Infinity is "no end".

const DAY = 86_400_000_000;

export const now = () => Date.now() * 1000;

/** The instant as ISO 8601, exact to the microsecond. */
export function iso(instant) {
  const rest = ((instant % 1000) + 1000) % 1000;
  return new Date((instant - rest) / 1000).toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

/** The day; with the time of day where it is `exact`, or `timed` and not midnight. */
export function shown(instant, { exact = false, timed = true } = {}) {
  const [day, time] = iso(instant).replace(/^\+0*/, "").split("T");
  if (exact) return `${day} ${time.slice(0, 8)}`;
  return timed && instant % DAY !== 0 ? `${day} ${time.slice(0, 5)}` : day;
}

/** `2019-01-01 to 2022-01-01`, `since 2022-01-01`. */
export const interval = (from, to, options) =>
  to === Infinity ? `since ${shown(from, options)}` : `${shown(from, options)} to ${shown(to, options)}`;

/** The instant that a text stands for: `2024`, `2024-05`, `2024-05-03`, or ISO 8601; null if none. */
export function parsed(text) {
  const match = /^(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?Z?)?$/.exec(text.trim());
  if (!match) return null;
  const [, year, month = "1", date = "1", clock = "00:00", seconds = "00", fraction = ""] = match;
  const two = (part) => part.padStart(2, "0");
  const ms = Date.parse(`${year}-${two(month)}-${two(date)}T${clock}:${seconds}Z`);
  return Number.isNaN(ms) ? null : ms * 1000 + Number(fraction.padEnd(6, "0"));
}

const MONTH_STEPS = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000];
const STEPS = [60, 300, 900, 3600, 10800, 21600, 43200, 86400, 172800, 604800].map((s) => s * 1_000_000);

/** Round instants between two others, at most `most` of them, with their labels. */
export function ticks(from, to, most) {
  const step = STEPS.find((size) => (to - from) / size <= most);
  const found = [];
  if (step) {
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      const text = iso(at);
      found.push({ at, label: step < DAY ? text.slice(5, 16).replace("T", " ") : text.slice(0, 10) });
    }
    return found;
  }
  const months = (to - from) / (30.44 * DAY);
  const every = MONTH_STEPS.find((size) => months / size <= most) ?? 12000;
  const start = new Date(from / 1000);
  const first = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / every) * every;
  for (let month = first; ; month += every) {
    const date = new Date(0);
    date.setUTCFullYear(Math.floor(month / 12), ((month % 12) + 12) % 12, 1);
    const at = date.getTime() * 1000;
    if (!(at <= to)) return found;
    if (at >= from) {
      const year = String(date.getUTCFullYear());
      found.push({ at, label: every < 12 ? `${year}-${String(date.getUTCMonth() + 1).padStart(2, "0")}` : year });
    }
  }
}
