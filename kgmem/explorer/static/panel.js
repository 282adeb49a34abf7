// The details on the right: an entity with its facts, a fact with its turns, or a turn.

import { byId, counted, el } from "./dom.js";
import { typed } from "./graph.js";
import { interval, parsed, shown } from "./instants.js";
import { datum, turn } from "./turns.js";

const MOST_FACTS = 300;
const panel = () => byId("panel");

const dot = (type) => el("i", { class: "swatch", "data-type": typed(type), "aria-hidden": "true" });
const clock = (name, from, to, options) =>
  el("div", { class: `when ${name}` }, el("dt", {}, name === "valid" ? "True" : "Believed"), el("dd", {}, interval(from, to, options)));
const instant = (text) => (text === null ? Infinity : parsed(text));

export const message = (title, ...lines) =>
  el("div", { class: "message" }, el("h2", {}, title), ...lines.map((line) => (typeof line === "string" ? el("p", {}, line) : line)));

export function showMessage(title, ...lines) {
  panel().replaceChildren(message(title, ...lines));
}

/** The instants of a view in words. */
export function inWords(view) {
  const at = view.at === null ? "at any time" : view.isNow ? "now" : `on ${shown(view.at)}`;
  return view.isLatest ? `true ${at}` : `true ${at}, as believed then`;
}

/** An entity, and its facts in a view. */
export function showEntity(belief, entity, view, on) {
  const name = belief.names[entity];
  const others = belief.aliases[entity].filter((alias) => alias !== name);
  const facts = belief.around[entity].filter((v) => view.mask[v]);
  const groups = [...Map.groupBy(facts, (v) => belief.predicates[belief.predicate[v]])].sort(([a], [b]) => (a < b ? -1 : 1));
  const row = (v) => {
    const incoming = belief.subject[v] !== entity;
    const other = belief.other(v, entity);
    return el("li", {}, el("button", { type: "button", class: "fact", onclick: () => on.fact(v) },
      dot(belief.types[other]), el("span", { class: "what" }, incoming ? `← ${belief.names[other]}` : belief.names[other]),
      el("span", { class: "muted" }, interval(belief.validAt[v], belief.invalidAt[v], { timed: false }))));
  };
  let left = MOST_FACTS;
  const sections = groups.map(([predicate, versions]) => {
    const rows = versions.sort((a, b) => belief.validAt[b] - belief.validAt[a]).slice(0, Math.max(0, left)).map(row);
    left -= rows.length;
    return rows.length ? el("section", {}, el("h3", {}, predicate), el("ul", {}, ...rows)) : null;
  });
  panel().replaceChildren(
    el("div", { class: "head" },
      el("h2", {}, dot(belief.types[entity]), name),
      el("p", { class: "muted" }, [belief.types[entity], others.length ? `also ${others.join(", ")}` : null].filter(Boolean).join(" · ")),
      el("p", {}, el("b", {}, counted(facts.length, "fact")), ` ${inWords(view)}`)),
    ...(facts.length ? sections.filter(Boolean) : [message("Nothing here", "No fact about it is true at this point of both clocks. Move one, or choose “Any time”.")]),
    ...(left < 0 || facts.length > MOST_FACTS ? [el("p", { class: "muted" }, `${facts.length - MOST_FACTS} more are not listed: move the clocks to narrow it down.`)] : []),
  );
}

/** A fact: both intervals, the turns it stands on, what ended it, and its versions, drawn and told. */
export function showFact(belief, v, found, drawn, on) {
  const link = (entity) => el("button", { type: "button", class: "link", onclick: () => on.entity(entity) }, belief.names[entity]);
  const stated = found.claims.filter((claim) => claim.episode === null);
  const ended = found.ended_by && !found.fact.claims.includes(found.ended_by.id);
  const versions = found.versions.map((version) => {
    const chosen = instant(version.created_at) === belief.createdAt[v];
    return el("dl", { class: chosen ? "version chosen" : "version" },
      clock("valid", instant(version.valid_at), instant(version.invalid_at)),
      clock("known", instant(version.created_at), instant(version.expired_at), { exact: true }));
  });
  panel().replaceChildren(
    el("button", { type: "button", class: "back", onclick: on.back }, `← ${belief.names[on.from]}`),
    el("div", { class: "head" },
      el("h2", {}, link(belief.subject[v]), el("span", { class: "predicate" }, ` ${belief.predicates[belief.predicate[v]]} `), link(belief.object[v])),
      el("dl", {},
        clock("valid", belief.validAt[v], belief.invalidAt[v]),
        clock("known", belief.createdAt[v], belief.expiredAt[v], { exact: true }))),
    el("section", {}, el("h3", {}, "Said in"),
      ...found.episodes.map((episode) => turn(episode, found.claims)), ...stated.map(datum)),
    ...(ended ? [el("section", {}, el("h3", {}, "Ended by"), found.ended_in ? turn(found.ended_in, [found.ended_by]) : datum(found.ended_by))] : []),
    el("section", {}, el("h3", {}, "Rule"), el("p", {}, found.rule)),
    el("section", {}, el("h3", {}, counted(versions.length, "version")), drawn, ...versions),
    ...(on.correct && found.fact.expired_at === null ? [correction(found.fact, on.correct)] : []),
  );
}

/** A turn that a search found. */
export function showTurn(episode, on) {
  panel().replaceChildren(
    ...(on.from === undefined ? [] : [el("button", { type: "button", class: "back", onclick: on.back }, "← Back")]),
    el("section", {}, el("h3", {}, "Turn"), turn(episode)));
}

/** The form that corrects a fact; only what was changed is sent. */
function correction(fact, submit) {
  const given = {
    object: fact.object.name,
    valid_at: shown(parsed(fact.valid_at)),
    invalid_at: fact.invalid_at ? shown(parsed(fact.invalid_at)) : "",
  };
  const field = (name, label, hint = "") =>
    el("label", {}, label, el("input", { name, type: "text", value: given[name], placeholder: hint, autocomplete: "off" }));
  const send = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    const changed = Object.entries(values).filter(([name, value]) => value.trim() !== given[name]);
    if (!changed.length) return;
    // A time of day is in UTC, as everywhere on the page.
    const utc = (value) => value.replace(/^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)$/, "$1T$2Z");
    submit(Object.fromEntries(changed.map(([name, value]) => [name, utc(value.trim()) || null])));
  };
  return el("details", {}, el("summary", {}, "Correct this fact"),
    el("form", { onsubmit: send },
      field("object", "Object"), field("valid_at", "True from"), field("invalid_at", "True until", "still"),
      el("p", { class: "muted" }, "A day, month or year lasts to its end."),
      el("div", { class: "buttons" },
        el("button", { type: "submit", class: "primary" }, "Correct"),
        el("button", { type: "button", onclick: () => submit({}) }, "It was never so"))));
}
