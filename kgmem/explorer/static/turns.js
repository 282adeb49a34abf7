// Turns as they were said, with the words that a claim stands on marked.

import { el } from "./dom.js";
import { parsed, shown } from "./instants.js";

/** The text with its spans marked. Spans count characters, where strings count half of some. */
export function marked(text, spans) {
  const characters = [...text];
  const parts = [];
  let at = 0;
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    if (to <= at) continue;
    parts.push(characters.slice(at, Math.max(at, from)).join(""));
    parts.push(el("mark", {}, characters.slice(Math.max(at, from), to).join("")));
    at = to;
  }
  return [...parts, characters.slice(at).join("")];
}

/** A turn: who said it, when, in which session, and its words. */
export function turn(episode, claims = []) {
  const spans = claims.filter((claim) => claim.episode === episode.id && claim.span).map((claim) => claim.span);
  return el("figure", { class: "turn" },
    el("figcaption", {}, el("b", {}, episode.speaker ?? "Document"), ` ${shown(parsed(episode.occurred_at))}`,
      el("span", { class: "muted" }, ` · ${episode.session}`)),
    el("blockquote", {}, ...marked(episode.text, spans)));
}

/** A claim that came as data, without a turn. */
export const datum = (claim) =>
  el("figure", { class: "turn" },
    el("figcaption", {}, el("b", {}, "As data"), ` ${shown(parsed(claim.said_at))}`),
    el("blockquote", {}, claim.text));
