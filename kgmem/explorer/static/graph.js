// The surroundings of an entity as a graph. Places stay while time moves: only what shows changes.

import { byId, counted, el, firstStop, put, roving, svg } from "./dom.js";
import { apart, layout } from "./layout.js";

const DRAWN = 60;
// Those that have gone keep their places, so that they come back to them; the oldest give way.
const PLACED = 80;
const PAD = { x: 70, top: 58, bottom: 52 };
const LABEL = { height: 14, longest: 24, family: "12px system-ui, sans-serif" };

const pen = document.createElement("canvas").getContext("2d");
const short = (name) => ([...name].length > LABEL.longest ? `${[...name].slice(0, LABEL.longest - 1).join("")}…` : name);

function width(text) {
  pen.font = LABEL.family;
  return pen.measureText(text).width;
}

/** The types that have a color of their own; all others share one. */
export const TYPES = ["person", "place", "organization", "event", "product", "date"];
export const typed = (type) => (TYPES.includes(type) ? type : "other");

export class Graph {
  #nodes = [];
  #edges = [];
  #view = null;
  #size = null;
  #zoom = 1;
  #shift = { x: 0, y: 0 };

  /** @param on `{entity(index), fact(version)}`: what a click on a node or an edge does. */
  constructor(on) {
    this.on = on;
    this.root = svg("svg", { role: "group", "aria-label": "Graph: arrow keys move, Enter opens" });
    this.edgeLayer = svg("g");
    this.nodeLayer = svg("g");
    this.root.append(
      svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
        svg("path", { d: "M0 1 8 4 0 7Z" }))),
      this.edgeLayer, this.nodeLayer,
    );
    byId("canvas").replaceChildren(this.root);
    roving(this.nodeLayer);
    new ResizeObserver(([{ contentRect }]) => { this.#size = contentRect; this.#place(); }).observe(byId("canvas"));
    byId("zoom-in").onclick = () => this.#zoomed(1.4);
    byId("zoom-out").onclick = () => this.#zoomed(1 / 1.4);
    byId("zoom-fit").onclick = () => this.#fit();
    this.#draggable();
  }

  /** Begins anew with another entity in the middle. */
  show(belief, entity) {
    this.belief = belief;
    this.entity = entity;
    this.key = null;
    this.all = belief.neighbors(entity, belief.around[entity]);
    this.#nodes = [];
    this.#edges = [];
    this.#view = null;
    byId("graph-title").textContent = belief.names[entity];
    this.#fit();
  }

  /** Finds places for entities that have none; the others move little. */
  #arrange(wanted) {
    const before = new Map(this.#nodes.map((node) => [node.entity, node]));
    if (wanted.every((entity) => before.has(entity))) return;
    const kept = [...before.keys()].filter((entity) => !wanted.includes(entity));
    const entities = [...wanted, ...kept.slice(0, Math.max(0, PLACED - wanted.length))];
    const lines = new Map(this.#edges.map((edge) => [edge.key, edge]));
    const edges = this.belief.edges(entities);
    const { x, y } = layout(entities.map((entity) => before.get(entity)), edges);
    this.#nodes = entities.map((entity, i) => Object.assign(before.get(entity) ?? this.#node(entity), { x: x[i], y: y[i] }));
    this.#edges = edges.map((edge) => Object.assign(lines.get(edge.key) ?? this.#edge(edge), edge));
    bend(this.#edges);
    this.edgeLayer.replaceChildren(...this.#edges.map((edge) => edge.group));
    this.nodeLayer.replaceChildren(...this.#nodes.map((node) => node.group));
  }

  #node(entity) {
    const name = this.belief.names[entity];
    const open = () => this.on.entity(entity);
    const label = svg("text", { class: "label" }, short(name));
    const ring = svg("circle", { class: "ring" });
    const dot = svg("circle", { class: "dot" });
    const group = svg("g", {
      class: "node", "data-stop": true, "data-type": typed(this.belief.types[entity]), tabindex: "-1",
      role: "button", "aria-label": name, onclick: open, onkeydown: (event) => pressed(event, open),
    }, ring, dot, label);
    return { entity, group, label, ring, dot, width: width(short(name)) + 4 };
  }

  #edge(edge) {
    const name = this.belief.predicates[edge.predicate];
    const open = () => this.on.fact(edge.versions.find((v) => this.#view.mask[v]));
    const hit = svg("path", { class: "hit" });
    const line = svg("path", { class: "line", "marker-end": "url(#arrow)" });
    const label = svg("text", { class: "label" }, short(name));
    const group = svg("g", { class: "edge", onclick: open }, hit, line, label);
    return { group, hit, line, label, width: width(short(name)) * 0.9 + 4 };
  }

  /** Shows what is believed and true in a view; see `main.js`. */
  update(view) {
    const { belief, entity } = this;
    this.#view = view;
    const near = belief.neighbors(entity, belief.around[entity].filter((v) => view.mask[v]));
    const few = this.all.length < DRAWN;
    const shown = new Set([entity, ...near.slice(0, DRAWN - 1)]);
    if (view.chosen !== null) shown.add(belief.subject[view.chosen]).add(belief.object[view.chosen]);
    this.#arrange(few ? [...new Set([entity, ...this.all, ...shown])] : [...shown]);
    this.#showEdges(view, shown);
    for (const node of this.#nodes) {
      node.on = shown.has(node.entity);
      node.r = node.entity === entity ? 10 : Math.min(8, 4 + Math.sqrt(node.degree));
      const state = ["node", node.entity === entity && "focus", !node.on && (few ? "ghost" : "gone"), view.seeds.has(node.entity) && "seed"];
      put(node.group, "class", state.filter(Boolean).join(" "));
    }
    const left = Math.max(0, near.length - DRAWN + 1);
    byId("graph-note").textContent = counted(near.length, "neighbor") + (left ? `, the ${DRAWN - 1} with the most facts drawn` : "");
    const key = `${view.at === null} ${view.isNow}`;
    if (this.key !== key) legend(new Set(belief.types.map(typed)), view);
    this.key = key;
    this.#place();
    firstStop(this.nodeLayer);
  }

  #showEdges(view, shown) {
    for (const node of this.#nodes) node.degree = 0;
    for (const edge of this.#edges) {
      const [from, to] = [this.#nodes[edge.from], this.#nodes[edge.to]];
      const on = edge.versions.filter((v) => view.mask[v]);
      edge.drawn = on.length > 0 && shown.has(from.entity) && shown.has(to.entity);
      edge.chosen = view.fact !== null && on.some((v) => this.belief.ids[v] === view.fact);
      if (edge.drawn) for (const node of [from, to]) node.degree += 1;
      const state = [
        "edge", !edge.drawn && "gone", edge.chosen && "chosen",
        edge.drawn && !on.some((v) => this.belief.isTrue(v, view.at ?? view.now)) && "over",
        from.entity !== this.entity && to.entity !== this.entity && "far",
      ];
      if (edge.chosen && edge.group.nextSibling) this.edgeLayer.append(edge.group);
      put(edge.group, "class", state.filter(Boolean).join(" "));
    }
  }

  /** Turns places into pixels, and labels what has room. */
  #place() {
    if (!this.#view || !this.#size) return;
    const { width: wide, height: high } = this.#size;
    put(this.root, "viewBox", `0 0 ${wide} ${high}`);
    const half = { x: wide / 2 - PAD.x, y: (high - PAD.top - PAD.bottom) / 2 };
    for (const node of this.#nodes) {
      node.px = half.x + PAD.x + this.#shift.x + node.x * half.x * this.#zoom;
      node.py = half.y + PAD.top + this.#shift.y + node.y * half.y * this.#zoom;
      // Away from the middle, where the edges come from.
      node.above = node.y < 0;
      put(node.group, "transform", `translate(${node.px.toFixed(1)} ${node.py.toFixed(1)})`);
      put(node.dot, "r", node.r.toFixed(1));
      put(node.ring, "r", (node.r + 4).toFixed(1));
      // A long name stays within sight where its node is.
      const reach = Math.min(node.width / 2 + 2, wide / 2);
      node.aside = node.px > 0 && node.px < wide ? Math.max(reach, Math.min(wide - reach, node.px)) - node.px : 0;
      put(node.label, "x", node.aside.toFixed(1));
      put(node.label, "y", (node.above ? -node.r - 6 : node.r + 14).toFixed(1));
    }
    for (const edge of this.#edges) if (edge.drawn) draw(edge, this.#nodes);
    this.#label();
  }

  #label() {
    const nodes = this.#nodes.filter((node) => node.on).sort((a, b) => (b === this.#nodes[0]) - (a === this.#nodes[0]) || b.degree - a.degree);
    const taken = nodes.map(({ px, py, r }) => ({ x: px - r, y: py - r, width: 2 * r, height: 2 * r }));
    const box = ({ px, py, r, above, aside, width: wide }) => ({
      x: px + aside - wide / 2, y: above ? py - r - 4 - LABEL.height : py + r + 2, width: wide, height: LABEL.height,
    });
    const middle = ({ px, py, width: wide }) => ({ x: px - wide / 2, y: py - 9, width: wide, height: 12 });
    const edges = this.#edges.filter((edge) => edge.drawn);
    taken.push(...edges.filter((edge) => edge.chosen).map(middle));
    const kept = apart(nodes.map(box), taken);
    nodes.forEach((node, i) => node.label.classList.toggle("quiet", !kept[i]));
    const room = apart(edges.map(middle), taken);
    edges.forEach((edge, i) => edge.label.classList.toggle("quiet", !room[i]));
  }

  #zoomed(by) {
    const zoom = Math.max(0.5, Math.min(8, this.#zoom * by));
    this.#shift.x *= zoom / this.#zoom;
    this.#shift.y *= zoom / this.#zoom;
    this.#zoom = zoom;
    this.#place();
  }

  #fit() {
    this.#zoom = 1;
    this.#shift = { x: 0, y: 0 };
    this.#place();
  }

  #draggable() {
    let from = null;
    this.root.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".node, .edge")) from = { x: event.clientX - this.#shift.x, y: event.clientY - this.#shift.y };
    });
    addEventListener("pointermove", (event) => {
      if (!from) return;
      this.#shift = { x: event.clientX - from.x, y: event.clientY - from.y };
      this.#place();
    });
    addEventListener("pointerup", () => { from = null; });
    this.root.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.#zoomed(event.deltaY < 0 ? 1.1 : 1 / 1.1);
    }, { passive: false });
  }
}

function pressed(event, open) {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  open();
}

/** Edges between the same two nodes are bent apart. */
function bend(edges) {
  const pairs = Map.groupBy(edges, ({ from, to }) => `${Math.min(from, to)} ${Math.max(from, to)}`);
  for (const pair of pairs.values()) {
    pair.forEach((edge, i) => {
      const side = edge.from < edge.to ? 1 : -1;
      edge.bend = side * (i - (pair.length - 1) / 2) * 26;
      edge.turn = i;
    });
  }
}

/** The path of an edge from rim to rim, and where its label goes. */
function draw(edge, nodes) {
  const [a, b] = [nodes[edge.from], nodes[edge.to]];
  let path;
  if (a === b) {
    const size = 18 + 8 * edge.turn;
    path = `M${a.px - 4} ${a.py - a.r} C${a.px - size} ${a.py - a.r - size} ${a.px + size} ${a.py - a.r - size} ${a.px + 4} ${a.py - a.r}`;
    [edge.px, edge.py] = [a.px, a.py - a.r - size * 0.8];
  } else {
    const length = Math.hypot(b.px - a.px, b.py - a.py) || 1;
    const [ux, uy] = [(b.px - a.px) / length, (b.py - a.py) / length];
    const cx = (a.px + b.px) / 2 - uy * edge.bend * 2;
    const cy = (a.py + b.py) / 2 + ux * edge.bend * 2;
    const start = rim(a, cx, cy, a.r + 1);
    const end = rim(b, cx, cy, b.r + 3);
    path = `M${start} Q${cx.toFixed(1)} ${cy.toFixed(1)} ${end}`;
    [edge.px, edge.py] = [(a.px + b.px) / 2 - uy * edge.bend, (a.py + b.py) / 2 + ux * edge.bend];
  }
  put(edge.line, "d", path);
  put(edge.hit, "d", path);
  put(edge.label, "x", edge.px.toFixed(1));
  put(edge.label, "y", edge.py.toFixed(1));
}

function rim(node, x, y, distance) {
  const length = Math.hypot(x - node.px, y - node.py) || 1;
  return `${(node.px + ((x - node.px) / length) * distance).toFixed(1)} ${(node.py + ((y - node.py) / length) * distance).toFixed(1)}`;
}

/** What the colors and lines mean, of what the group holds. */
function legend(types, view) {
  const present = [...TYPES, "other"].filter((type) => types.has(type));
  const line = (name, text) =>
    el("span", { class: "key" }, svg("svg", { viewBox: "0 0 22 8", width: 22, height: 8, class: name }, svg("path", { d: "M0 4H22", class: "line" })), text);
  byId("legend").replaceChildren(
    ...present.map((type) => el("span", { class: "key", "data-type": type }, el("i", { class: "swatch" }), type)),
    line("edge", view.at === null || view.isNow ? "true now" : "true then"),
    ...(view.at === null ? [line("edge over", "over, or to come")] : []),
  );
}
