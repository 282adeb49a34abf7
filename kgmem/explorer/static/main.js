// The page: reads the versions once, then answers every move of the two clocks by itself.

import * as calls from "./calls.js";
import { Belief } from "./belief.js";
import { byId, counted, el } from "./dom.js";
import { Found } from "./found.js";
import { Graph } from "./graph.js";
import { iso, now } from "./instants.js";
import * as panel from "./panel.js";
import { plane } from "./plane.js";
import { Time } from "./timeline.js";

const page = { group: null, belief: null, entity: undefined, fact: null, episode: null, hits: null, seeds: new Set() };

const REST = 60;
let waiting = false;
let listing = 0;
let listed;

/** Draws with the next frame, however often it is asked for until then. */
function draw() {
  if (waiting || !page.belief?.size) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; render(); });
}

/** The point of both clocks that is looked at, and what is believed and true there. */
function seen() {
  const { belief, entity } = page;
  return {
    at: time.asked, known: time.known, isNow: time.isNow, isLatest: time.isLatest, now: now(), entity,
    chosen: page.fact, fact: page.fact === null ? null : belief.ids[page.fact], seeds: page.seeds,
    mask: belief.visible(time.asked, time.known),
  };
}

function render() {
  const { belief, entity } = page;
  const view = seen();
  time.update(view);
  found.update(view, belief.degrees(view.mask));
  if (entity === undefined) return;
  graph.update(view);
  if (page.fact !== null) document.querySelector(".plane")?.replaceWith(plane(belief, page.fact, view, time.range));
  // The list may be long: it waits until the clocks rest for a moment.
  clearTimeout(listing);
  listing = setTimeout(() => {
    if (page.fact === null && page.episode === null) panel.showEntity(belief, entity, view, { fact: choose });
  }, entity === listed ? REST : 0);
  listed = entity;
}

/** Puts an entity in the middle; of a group too large to be sent whole, reads its versions first. */
const focus = (entity) => (page.group.whole ? show(entity) : open(page.belief.names[entity]));

function show(entity) {
  page.fact = page.episode = null;
  document.body.classList.remove("blank");
  page.entity = entity;
  time.show(entity);
  graph.show(page.belief, entity);
  draw();
}

/** Reads the versions around an entity of a large group, and shows them. */
const open = guarded(async (name) => {
  const columns = await calls.versions(name);
  const entity = columns.entities.name.indexOf(name);
  if (entity < 0) throw new Error(`No fact is about ${name}.`);
  load(columns);
  show(entity);
});

/** Puts the entity of a name in the middle. */
function named(name) {
  if (!page.group.whole) return open(name);
  const entity = page.belief.names.indexOf(name);
  return entity >= 0 ? show(entity) : undefined;
}

/** Chooses a version of a fact and says where it comes from. */
const choose = guarded(async (v) => {
  page.fact = v;
  page.episode = null;
  draw();
  const { belief } = page;
  const explained = await calls.explain(belief.ids[v]);
  if (page.fact !== v || page.belief !== belief) return;
  panel.showFact(belief, v, explained, plane(belief, v, seen(), time.range), {
    entity: focus, back, from: page.entity, correct: page.group.write ? (changes) => write(() => calls.correct(belief.ids[v], changes)) : null,
  });
});

function back() {
  page.fact = page.episode = null;
  draw();
}

const chooseHit = guarded(async (hit) => {
  if (hit.kind === "episode") {
    page.fact = null;
    page.episode = hit.episode;
    panel.showTurn(hit.episode, { back, from: page.entity });
    draw();
    return;
  }
  if (!page.group.whole) await open(hit.fact.subject.name);
  const { belief } = page;
  const versions = belief.ids.flatMap((id, v) => (id === hit.fact.id ? [v] : []));
  const v = versions.find((each) => belief.isBelieved(each, time.known)) ?? versions[0];
  if (v === undefined) return;
  if (page.entity !== belief.object[v]) show(belief.subject[v]);
  await choose(v);
});

const ask = guarded(async () => {
  const question = byId("question").value.trim();
  if (!question) return;
  byId("found").setAttribute("aria-busy", "true");
  try {
    page.hits = await calls.search(question, time.any || time.isNow ? null : iso(time.at), time.isLatest ? null : iso(time.known));
  } finally {
    byId("found").removeAttribute("aria-busy");
  }
  const { belief } = page;
  page.seeds = new Set(page.hits.flatMap((hit) => hit.why.seeds).map((name) => belief.names.indexOf(name)));
  const when = time.any || time.isNow ? "about any time" : panel.inWords({ at: time.at, isLatest: true });
  found.answers(question, page.hits, time.isLatest ? when : `${when}, as believed then`);
  draw();
});

function closeAnswers() {
  page.hits = null;
  page.seeds = new Set();
  byId("question").value = "";
  list();
  draw();
  byId("question").focus();
}

/** When a clock rests, the answers that are open are asked for again. */
function settled() {
  if (page.hits) ask();
}

/** Corrects or undoes, reads again, and offers to take it back. */
const write = guarded(async (call) => {
  const report = await call();
  const { belief, entity } = page;
  load(await calls.versions(page.group.whole ? undefined : belief.names[entity]));
  // It was there and is still: versions are not erased.
  show(page.belief.entityIds.indexOf(belief.entityIds[entity]));
  const changes = ["added", "ended", "revised", "retracted"].filter((kind) => report[kind].length).map((kind) => `${report[kind].length} ${kind}`);
  toast(changes.join(", ") || "Nothing changed", el("button", { type: "button", onclick: () => write(() => calls.undo(report)) }, "Undo"));
});

function load(columns) {
  page.belief = new Belief(columns);
  page.fact = page.episode = null;
  time.load(page.belief);
  if (!page.hits) list();
}

/** Lists the entities, those with the most facts in the present view first. */
function list() {
  found.list(page.belief, byId("question").value, page.belief.degrees(page.belief.visible(time.asked, time.known)));
}

function guarded(action) {
  return async (...given) => {
    try {
      return await action(...given);
    } catch (error) {
      toast(error.message);
      return undefined;
    }
  };
}

function toast(text, ...more) {
  const close = el("button", { type: "button", "aria-label": "Close", onclick: () => byId("toast").replaceChildren() }, "×");
  byId("toast").replaceChildren(el("span", {}, text), ...more, close);
}

function describe({ group, write: writes, stats }) {
  document.title = `${group} · kgmem`;
  byId("group").textContent = group;
  byId("mode").textContent = writes ? "writing" : "read-only";
  byId("mode").className = writes ? "writes" : "";
  byId("counts").textContent = [counted(stats.entities, "entity"), counted(stats.facts, "fact"), counted(stats.episodes, "turn"), counted(stats.sessions, "session")].join(" · ");
}

async function start() {
  const [group, columns] = await Promise.all([calls.group(), calls.versions()]);
  page.group = group;
  describe(group);
  load(columns);
  const { belief } = page;
  if (belief.size) {
    show(belief.names.reduce((best, _, entity) => (belief.around[entity].length > belief.around[best].length ? entity : best), 0));
    return;
  }
  document.body.classList.add("blank");
  if (group.whole) panel.showMessage("Nothing is remembered yet", "This group holds no facts. Add a turn:", el("pre", {}, `kgmem add "I live in Berlin." --speaker Ada --group ${group.group}`), "Then reload this page.");
  else panel.showMessage("A large group", `It holds ${counted(group.stats.facts, "fact")}, too many to show at once. Ask a question on the left, and open an entity from the answers.`);
}

const graph = new Graph({ entity: focus, fact: choose });
const time = new Time({ change: draw, settle: settled, fact: choose });
const found = new Found({ entity: focus, named, hit: chooseHit, close: closeAnswers });

byId("ask").onsubmit = (event) => { event.preventDefault(); ask(); };
byId("question").oninput = () => {
  if (!page.belief) return;
  page.hits = null;
  list();
  draw();
};
addEventListener("keydown", (event) => {
  const typing = event.target.matches("input[type=text], input[type=search]");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("question").select();
  }
  if (event.key === "Escape") {
    if (page.fact !== null || page.episode !== null) back();
    else if (page.hits) closeAnswers();
  }
});

start().then(
  () => requestAnimationFrame(() => { document.body.dataset.ready = "true"; }),
  (error) => {
    document.body.classList.add("blank");
    panel.showMessage("This page cannot be shown", error.message);
    document.body.dataset.ready = "failed";
  },
);
