// The calls of the API. The token comes in the fragment of the address and stays in this tab.

const KEY = "kgmem-token";
const fragment = new URLSearchParams(location.hash.slice(1));
if (fragment.has("token")) {
  sessionStorage.setItem(KEY, fragment.get("token"));
  // Out of sight, and out of the browser's history.
  history.replaceState(null, "", location.pathname);
}

async function call(path, options = {}) {
  let reply;
  try {
    reply = await fetch(`api/${path}`, {
      ...options,
      headers: { Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}`, "Content-Type": "application/json" },
    });
  } catch {
    throw new Error("The server does not answer. Start 'kgmem explore' again and open the address that it prints.");
  }
  if (reply.status === 401) {
    throw new Error("This page needs its token. Open the whole address that 'kgmem explore' printed.");
  }
  const answer = await reply.json().catch(() => ({ error: `The server failed (${reply.status}).` }));
  if (!reply.ok) throw new Error(answer.error);
  return answer;
}

const post = (path, body) => call(path, { method: "POST", body: JSON.stringify(body) });

export const group = () => call("group");
export const versions = (around) => call(around === undefined ? "versions" : `versions?${new URLSearchParams({ around })}`);
export const explain = (fact) => call(`facts/${encodeURIComponent(fact)}`);
export const correct = (fact, changes) => post(`facts/${encodeURIComponent(fact)}/correct`, changes);
export const undo = (report) => post("undo", report);

/** The hits for a question; instants that are null are left open. */
export function search(question, asOf, asKnown) {
  const asked = new URLSearchParams({ q: question, k: "12" });
  if (asOf !== null) asked.set("as_of", asOf);
  if (asKnown !== null) asked.set("as_known", asKnown);
  return call(`search?${asked}`);
}
