// The two clocks, and an entity's facts as bars along valid time.

import { byId, el, firstStop, roving, svg } from "./dom.js";
import { typed } from "./graph.js";
import { interval, now, parsed, shown, ticks } from "./instants.js";

const YEAR = 365.25 * 86_400_000_000;
const STEPS = 2000;
const LANE = 22;
const MOST_BARS = 400;
const GAP = 6;

/** Where an instant lies on the axis, 0 to 1 within it. */
const share = (range, at) => (at - range.from) / (range.to - range.from);

export class Time {
  /** @param on `{change(), settle(), fact(version)}`: while time moves, when it rests, a bar's click. */
  constructor(on) {
    this.on = on;
    this.at = now();
    this.isNow = true;
    this.any = false;
    this.write = 0;
    this.axis = [];
    this.bars = new Map();
    this.range = { from: this.at - YEAR, to: this.at };
    roving(byId("bars"));
    this.wide = byId("axis").clientWidth;
    new ResizeObserver(([{ contentRect }]) => { this.wide = contentRect.width; on.change(); }).observe(byId("axis"));
    this.#validClock();
    this.#knownClock();
    this.#zoomable();
  }

  /** The instant of valid time that is asked about; null for any. */
  get asked() {
    return this.any ? null : this.at;
  }

  /** The instant of transaction time that is asked about; at write -1 just before the first. */
  get known() {
    const { writes } = this.belief;
    return this.write < 0 && writes.length ? writes[0].at - 1 : (writes[this.write]?.at ?? Infinity);
  }

  get isLatest() {
    return this.write >= this.belief.writes.length - 1;
  }

  /** Takes in what was read; stays at the last write unless another one was chosen. */
  load(belief) {
    const latest = !this.belief || this.isLatest;
    const known = latest ? Infinity : this.known;
    this.belief = belief;
    this.write = belief.writeAt(known);
    byId("known").max = Math.max(0, belief.writes.length - 1);
    this.#drawWrites();
  }

  /** Fits the axis to an entity's versions. */
  show(entity) {
    this.entity = entity;
    const { around, validAt, invalidAt } = this.belief;
    const starts = around[entity].map((v) => validAt[v]).sort((a, b) => a - b);
    const last = [...starts, ...around[entity].map((v) => invalidAt[v]).filter((at) => at < Infinity)].reduce((a, b) => Math.max(a, b), starts[0]);
    const span = Math.max(last - starts[0], YEAR / 120);
    const to = Math.max(Math.min(now(), last + span * 0.25), last + span * 0.05);
    this.range = this.full = { from: starts[0] - span * 0.04, to };
    if (this.isNow) this.at = now();
  }

  #moveTo(at, { any = false, isNow = false } = {}) {
    this.at = at;
    this.any = any;
    this.isNow = isNow;
    this.on.change();
  }

  #validClock() {
    const slider = byId("valid");
    slider.oninput = () => {
      const end = Number(slider.value) === STEPS;
      if (end && this.range.to === this.full.to && this.range.to < now()) this.#moveTo(now(), { isNow: true });
      else this.#moveTo(Math.round(this.range.from + ((this.range.to - this.range.from) * slider.value) / STEPS));
    };
    slider.onchange = () => this.on.settle();
    slider.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = this.#nextChange(step);
      if (next !== undefined) this.#moveTo(next);
      this.on.settle();
    };
    byId("valid-now").onclick = () => { this.#moveTo(now(), { isNow: true }); this.on.settle(); };
    byId("valid-any").onclick = () => { this.#moveTo(this.at, { any: !this.any, isNow: this.isNow }); this.on.settle(); };
    byId("valid-date").onchange = (event) => {
      const text = event.target.value;
      const at = parsed(text);
      if (at !== null) {
        this.range = this.full = { from: Math.min(this.full.from, at), to: Math.max(this.full.to, at) };
        this.#moveTo(at);
      } else if (text.trim() === "now") this.#moveTo(now(), { isNow: true });
      else if (!text.trim()) this.#moveTo(this.at, { any: true });
      else this.#moveTo(this.at, { any: this.any, isNow: this.isNow });
      this.on.settle();
    };
  }

  /** The next instant, before or after, at which a fact of the entity starts or ends. */
  #nextChange(step) {
    const { around, validAt, invalidAt } = this.belief;
    const changes = around[this.entity ?? 0]
      .filter((v) => this.belief.isBelieved(v, this.known))
      .flatMap((v) => [validAt[v], invalidAt[v]])
      .filter((at) => at < Infinity && (step < 0 ? at < this.at : at > this.at));
    return changes.length ? changes.reduce((a, b) => (step < 0 ? Math.max(a, b) : Math.min(a, b))) : undefined;
  }

  #knownClock() {
    const slider = byId("known");
    const go = (write) => { this.write = write; this.on.change(); };
    slider.oninput = () => go(Number(slider.value));
    slider.onchange = () => this.on.settle();
    byId("known-now").onclick = () => { go(this.belief.writes.length - 1); this.on.settle(); };
    byId("known-date").onchange = (event) => {
      const at = parsed(event.target.value);
      go(at === null ? this.write : this.belief.writeAt(at));
      this.on.settle();
    };
  }

  #zoomable() {
    byId("bars").addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      const by = event.deltaY < 0 || event.deltaX < 0 ? 0.8 : 1.25;
      const middle = Math.max(this.range.from, Math.min(this.range.to, this.at));
      const from = Math.max(this.full.from, middle - (middle - this.range.from) * by);
      const to = Math.min(this.full.to, middle + (this.range.to - middle) * by);
      if (to - from > 60_000_000) this.range = { from, to };
      this.on.change();
    }, { passive: false });
  }

  /** Shows the clocks and the bars as of a view; bars are made anew only where belief or axis moved. */
  update(view) {
    this.#showClocks();
    const axis = [this.belief, this.entity, this.range, this.wide];
    if (axis.some((part, i) => part !== this.axis[i])) {
      this.axis = axis;
      this.bars = new Map();
      this.rows = new Map();
      this.packed = null;
      this.#drawAxis();
    }
    if (this.packed !== this.write) this.#showBars();
    this.packed = this.write;
    const at = share(this.range, this.at);
    byId("playhead").style.setProperty("--share", Math.max(0, Math.min(1, at)));
    byId("time").classList.toggle("any", this.any);
    for (const bar of this.bars.values()) {
      bar.button.classList.toggle("on", Boolean(view.mask[bar.v]));
      bar.button.classList.toggle("chosen", this.belief.ids[bar.v] === view.fact);
    }
  }

  #showClocks() {
    byId("valid").max = STEPS;
    byId("valid").value = Math.round(share(this.range, this.at) * STEPS);
    byId("valid").setAttribute("aria-valuetext", this.any ? "any time" : shown(this.at));
    byId("valid-date").value = this.any ? "" : this.isNow ? "now" : shown(this.at);
    byId("valid-now").setAttribute("aria-pressed", String(this.isNow && !this.any));
    byId("valid-any").setAttribute("aria-pressed", String(this.any));
    const write = this.belief.writes[this.write];
    byId("known").value = this.write;
    byId("known-now").setAttribute("aria-pressed", String(this.isLatest));
    byId("known-date").value = this.isLatest ? "now" : write ? shown(write.at, { exact: true }) : "";
    const changes = write && [write.came && `+${write.came}`, write.went && `−${write.went}`].filter(Boolean).join(" ");
    const note = write ? `${this.write + 1} of ${this.belief.writes.length}: ${changes}` : "before the first write";
    byId("known-note").textContent = note;
    byId("known-note").title = write ? `${shown(write.at, { exact: true })}: versions of facts that came and went` : "";
    byId("known").setAttribute("aria-valuetext", write ? `${shown(write.at, { exact: true })}, ${note}` : note);
  }

  /** How much each write changed, along the slider of transaction time. */
  #drawWrites() {
    const { writes } = this.belief;
    const bins = new Float64Array(Math.min(writes.length, 120));
    writes.forEach((write, i) => { bins[Math.floor((i * bins.length) / writes.length)] += write.came + write.went; });
    const most = Math.max(1, ...bins);
    const root = byId("writes");
    root.setAttribute("viewBox", `0 0 ${Math.max(1, bins.length)} 1`);
    root.replaceChildren(...Array.from(bins, (count, i) => {
      const height = Math.sqrt(count / most);
      return svg("rect", { x: i + 0.1, width: 0.8, y: 1 - height, height });
    }));
  }

  #drawAxis() {
    const left = (at) => `${share(this.range, at) * 100}%`;
    byId("axis").replaceChildren(...ticks(this.range.from, this.range.to, Math.max(2, this.wide / 90)).map(({ at, label }) => {
      const tick = el("span", { class: "tick" }, label);
      tick.style.left = left(at);
      return tick;
    }));
  }

  /** Shows the bars of what is believed. Each is made once, when it is first believed. */
  #showBars() {
    const { belief, entity } = this;
    const believed = belief.around[entity].filter((v) => belief.isBelieved(v, this.known)).slice(-MOST_BARS);
    const rows = Map.groupBy(believed, (v) => `${belief.subject[v] === entity ? "" : "← "}${belief.predicates[belief.predicate[v]]}`);
    for (const name of rows.keys()) if (!this.rows.has(name)) this.rows.set(name, this.#row(name));
    const sorted = [...this.rows.keys()].sort((a, b) => a.startsWith("←") - b.startsWith("←") || (a < b ? -1 : 1));
    const elements = sorted.map((name) => this.rows.get(name).element);
    if (elements.some((element, i) => byId("bars").children[i] !== element)) byId("bars").replaceChildren(...elements);
    for (const [name, row] of this.rows) {
      row.element.classList.toggle("gone", !rows.has(name));
      this.#pack(row.track, rows.get(name) ?? []);
    }
    const kept = new Set(believed);
    for (const bar of this.bars.values()) bar.button.classList.toggle("gone", !kept.has(bar.v));
    byId("no-bars").classList.toggle("gone", believed.length > 0);
    firstStop(byId("bars"));
  }

  #row(name) {
    const track = el("div", { class: "lanes" });
    return { track, element: el("div", { class: "row" }, el("div", { class: "name", title: name }, name), track) };
  }

  /** Puts the bars of one predicate into as few lanes as they fit without touching. */
  #pack(track, versions) {
    const { validAt } = this.belief;
    const lanes = [];
    for (const v of versions.sort((a, b) => validAt[a] - validAt[b])) {
      if (!this.bars.has(v)) this.bars.set(v, this.#bar(v, track));
      const bar = this.bars.get(v);
      let lane = lanes.findIndex((end) => end + GAP <= bar.start);
      if (lane < 0) lane = lanes.push(0) - 1;
      lanes[lane] = bar.end;
      if (bar.lane !== lane) bar.button.style.top = `${lane * LANE}px`;
      bar.lane = lane;
    }
    const height = `${Math.max(1, lanes.length) * LANE}px`;
    if (track.style.height !== height) track.style.height = height;
  }

  #bar(v, track) {
    const { belief, range, wide } = this;
    const from = Math.min(1, Math.max(0, share(range, belief.validAt[v]))) * wide;
    const size = Math.max(3, Math.min(1, share(range, belief.invalidAt[v])) * wide - from);
    const other = belief.other(v, this.entity);
    const name = belief.names[other];
    const room = Math.min(170, 8 + name.length * 6.6);
    const inside = room <= size;
    const flip = !inside && from + size + room > wide;
    const words = interval(belief.validAt[v], belief.invalidAt[v]);
    const label = el("span", { class: inside ? "inside" : flip ? "before" : "after" }, name);
    const button = el("button", {
      type: "button", class: "bar", "data-stop": true, tabindex: "-1", "data-type": typed(belief.types[other]),
      title: `${name}: ${words}`, "aria-label": `${belief.predicates[belief.predicate[v]]} ${name}, ${words}`,
      onclick: () => this.on.fact(v),
    }, label);
    button.classList.toggle("still", belief.invalidAt[v] === Infinity);
    button.classList.toggle("since", belief.validAt[v] < this.range.from);
    button.style.left = `${from}px`;
    button.style.width = `${size}px`;
    track.append(button);
    return { v, button, lane: -1, start: flip ? from - room : from, end: from + size + (inside || flip ? 0 : room) };
  }
}
