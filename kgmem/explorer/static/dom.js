// Elements made of data. Text becomes text nodes and nothing else: data can never turn into markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An HTML element with attributes, listeners (`onclick: f`) and children. */
export const el = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

/** Sets an attribute where it is not so yet: what is set anew is laid out anew. */
export function put(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export const byId = (id) => document.getElementById(id);

/** One tab stop for many: arrow keys, Home and End move the focus among the `[data-stop]` inside. */
export function roving(container) {
  const stops = () => [...container.querySelectorAll("[data-stop]")].filter((stop) => stop.getClientRects().length);
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  container.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const all = step ? stops() : [];
    const at = all.indexOf(document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, at + step))].focus();
  });
  container.addEventListener("focusin", (event) => {
    if (!event.target.hasAttribute("data-stop")) return;
    for (const stop of container.querySelectorAll("[data-stop][tabindex='0']")) stop.setAttribute("tabindex", "-1");
    event.target.setAttribute("tabindex", "0");
  });
}

/** Makes the first of a container's stops the one that Tab reaches. */
export function firstStop(container) {
  if (!container.querySelector("[data-stop][tabindex='0']")) {
    container.querySelector("[data-stop]")?.setAttribute("tabindex", "0");
  }
}

/** `1 fact`, `2 facts`, `2 entities`. */
export function counted(number, what) {
  if (number === 1) return `1 ${what}`;
  return `${number.toLocaleString("en")} ${what.endsWith("y") ? `${what.slice(0, -1)}ies` : `${what}s`}`;
}
