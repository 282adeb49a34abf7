// The left column: entities to choose from, or the answers to a question and why they were found.

import { byId, counted, el, firstStop, roving } from "./dom.js";
import { typed } from "./graph.js";
import { interval, parsed, shown } from "./instants.js";

const MOST = 150;
const MOST_SEEDS = 6;

const chip = (text, kind, title) => el("span", { class: `chip ${kind}`, title }, text);

export class Found {
  /** @param on `{entity(index), named(name), hit(hit), close()}`. */
  constructor(on) {
    this.on = on;
    this.rows = [];
    roving(byId("found"));
  }

  /** The entities whose names hold the words, those of the highest degree first. */
  list(belief, words, degrees) {
    const wanted = words.trim().toLowerCase();
    const names = belief.names
      .map((_, entity) => entity)
      .filter((entity) => [belief.names[entity], ...belief.aliases[entity]].some((name) => name.toLowerCase().includes(wanted)))
      .sort((a, b) => degrees[b] - degrees[a] || belief.around[b].length - belief.around[a].length || (belief.names[a] < belief.names[b] ? -1 : 1));
    this.rows = names.slice(0, MOST).map((entity) => {
      const count = el("span", { class: "count" });
      const button = el("button", { type: "button", class: "entity", "data-stop": true, tabindex: "-1", onclick: () => this.on.entity(entity) },
        el("i", { class: "swatch", "data-type": typed(belief.types[entity]) }), el("span", { class: "what" }, belief.names[entity]), count);
      return { entity, button, count };
    });
    byId("found").replaceChildren(
      el("h2", {}, counted(names.length, "entity")),
      ...this.rows.map(({ button }) => button),
      ...(names.length > MOST ? [el("p", { class: "muted" }, `${names.length - MOST} more: type to narrow down.`)] : []),
      ...(names.length || !wanted ? [] : [el("p", { class: "muted" }, "No entity has this name. Press Enter to ask.")]));
    firstStop(byId("found"));
  }

  /** Counts the facts of each listed entity in a view. */
  update(view, degrees) {
    for (const { entity, button, count } of this.rows) {
      if (count.textContent !== String(degrees[entity])) count.textContent = degrees[entity];
      button.classList.toggle("none", !degrees[entity]);
      if (entity === view.entity) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  /** The answers to a question, and the entities where the walk through the graph began. */
  answers(question, hits, when) {
    this.rows = [];
    const seeds = (hits[0]?.why.seeds ?? []).slice(0, MOST_SEEDS);
    byId("found").replaceChildren(
      el("div", { class: "title" }, el("h2", {}, counted(hits.length, "answer")),
        el("button", { type: "button", class: "close", "aria-label": "Close the answers", onclick: this.on.close }, "×")),
      el("p", { class: "muted" }, `“${question}”, ${when}`),
      ...(seeds.length ? [el("p", { class: "chips" }, el("span", { class: "muted" }, "The walk began at"), ...seeds.map((seed) => this.#seed(seed)))] : []),
      ...hits.map((hit, place) => this.#answer(hit, place + 1)),
      ...(hits.length ? [] : [el("p", { class: "muted" }, "Nothing was found. Use other words, or choose “Any time”.")]));
    firstStop(byId("found"));
  }

  #seed(name) {
    return el("button", { type: "button", class: "chip seed", onclick: () => this.on.named(name) }, name);
  }

  #answer(hit, place) {
    const { fact, episode, why } = hit;
    const date = hit.kind === "fact"
      ? interval(parsed(fact.valid_at), fact.invalid_at ? parsed(fact.invalid_at) : Infinity)
      : `${episode.speaker ? `${episode.speaker}, ` : ""}${shown(parsed(episode.occurred_at))}`;
    const ranks = Object.entries(why.ranks).map(([channel, rank]) => chip(`${channel} ${rank}`, "rank", `Place ${rank} by ${channel}`));
    return el("button", { type: "button", class: "answer", "data-stop": true, tabindex: "-1", onclick: () => this.on.hit(hit) },
      el("span", { class: "place" }, place),
      el("span", { class: "words" }, hit.text),
      el("span", { class: "muted" }, `${hit.kind === "fact" ? "fact" : "turn"} · ${date}`),
      el("span", { class: "chips" }, ...ranks, why.time ? chip(why.time.split(" at ")[0], "rank", why.time) : null),
      why.path.length > 1 ? el("span", { class: "way", title: "How most of the walk came to it" },
        ...why.path.flatMap((step, i) => [i ? " > " : null, step])) : null);
  }
}
