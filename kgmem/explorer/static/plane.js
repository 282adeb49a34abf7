// What was believed when about when: versions as rectangles, valid time across, transaction time down.

import { el, svg } from "./dom.js";
import { shown, ticks } from "./instants.js";

const WIDE = 312;
const LEFT = 74;
const BAND = 20;
const FOOT = 16;
const MOST_BANDS = 12;

/** The versions of all that shares the subject and predicate of a version, which stands out. */
export function plane(belief, chosen, view, range) {
  const alike = belief.around[belief.subject[chosen]].filter(
    (v) => belief.subject[v] === belief.subject[chosen] && belief.predicate[v] === belief.predicate[chosen],
  );
  const moments = [...new Set(alike.flatMap((v) => [belief.createdAt[v], belief.expiredAt[v]]))].sort((a, b) => a - b);
  const bands = moments.filter((at) => at < Infinity).slice(-MOST_BANDS);
  const high = bands.length * BAND;
  const x = (at) => LEFT + Math.max(0, Math.min(1, (at - range.from) / (range.to - range.from))) * (WIDE - LEFT);
  const y = (at) => Math.max(0, at === Infinity ? bands.length : bands.findLastIndex((since) => since <= at)) * BAND;
  const visible = alike.filter((v) => y(belief.expiredAt[v]) > y(belief.createdAt[v]));
  const box = (v) => {
    const [left, top] = [x(belief.validAt[v]), y(belief.createdAt[v])];
    const size = { width: Math.max(2, x(belief.invalidAt[v]) - left - 1), height: y(belief.expiredAt[v]) - top - 2 };
    const name = belief.names[belief.object[v]];
    const letters = Math.floor((size.width - 6) / 6.6);
    return svg("g", { class: belief.ids[v] === belief.ids[chosen] ? "box chosen" : "box" },
      svg("rect", { x: left, y: top + 1, ...size, rx: 2 }),
      letters > 1 ? svg("text", { x: left + 4, y: top + 14 }, name.length > letters ? `${name.slice(0, letters - 1)}…` : name) : null);
  };
  const mid = y(view.known) + BAND / 2;
  return el("div", { class: "plane", "aria-hidden": "true" },
    svg("svg", { viewBox: `0 0 ${WIDE} ${high + FOOT}`, width: WIDE, height: high + FOOT },
      ...bands.map((at, i) => svg("text", { class: "since", x: 0, y: i * BAND + 14 }, shown(at, { timed: false }))),
      ...visible.map(box),
      ...ticks(range.from, range.to, 3).map(({ at, label }) => svg("text", { class: "tick", x: x(at), y: high + 13 }, label)),
      svg("path", { class: "known", d: `M${LEFT} ${mid}H${WIDE}` }),
      view.at === null ? null : svg("path", { class: "valid", d: `M${x(view.at)} 0V${high}` })),
    el("p", { class: "muted" }, `What was believed of “${belief.predicates[belief.predicate[chosen]]}” of ${belief.names[belief.subject[chosen]]}: a row from each `,
      el("span", { class: "known" }, "write"), " on, along ", el("span", { class: "valid" }, "valid time"), "."));
}
