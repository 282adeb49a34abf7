// Where nodes go: a force layout (Fruchterman and Reingold, 1991), the same for the same graph.

// Where there are at most this many edges, other nodes keep off them.
const CLEARED = 80;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/**
 * Places nodes, the first in the middle.
 *
 * @param places where each node is, as `{x, y}` within [-1, 1]; undefined for a new one.
 * @param edges pairs of nodes: `{from, to}`.
 * @returns x and y of each node, within [-1, 1].
 */
export function layout(places, edges) {
  const count = places.length;
  const spiral = (i, turn) => Math.sqrt(i / count) * turn(i * GOLDEN);
  const x = Float64Array.from(places, (place, i) => place?.x ?? spiral(i, Math.cos));
  const y = Float64Array.from(places, (place, i) => place?.y ?? spiral(i, Math.sin));
  const rounds = places.some(Boolean) ? 40 : 200;
  const length = 0.9 / Math.sqrt(count);
  const dx = new Float64Array(count);
  const dy = new Float64Array(count);
  for (let round = 0; round < rounds; round += 1) {
    dx.fill(0);
    dy.fill(0);
    repel(x, y, dx, dy, length);
    for (const { from, to } of edges) attract(x, y, dx, dy, from, to, length);
    if (edges.length <= CLEARED) for (const { from, to } of edges) clear(x, y, dx, dy, from, to, length);
    const most = 0.12 * (1 - round / rounds) + 0.002;
    for (let i = 1; i < count; i += 1) {
      const size = Math.hypot(dx[i], dy[i]) || 1;
      const step = Math.min(size, most) / size;
      x[i] += dx[i] * step;
      y[i] += dy[i] * step;
    }
  }
  return fitted(x, y);
}

function repel(x, y, dx, dy, length) {
  for (let i = 0; i < x.length; i += 1) {
    for (let j = i + 1; j < x.length; j += 1) {
      const ox = x[i] - x[j];
      const oy = y[i] - y[j];
      const force = (length * length) / Math.max(ox * ox + oy * oy, 1e-6);
      dx[i] += ox * force;
      dy[i] += oy * force;
      dx[j] -= ox * force;
      dy[j] -= oy * force;
    }
  }
}

function attract(x, y, dx, dy, from, to, length) {
  const ox = x[from] - x[to];
  const oy = y[from] - y[to];
  const force = Math.hypot(ox, oy) / length / 6;
  dx[from] -= ox * force;
  dy[from] -= oy * force;
  dx[to] += ox * force;
  dy[to] += oy * force;
}

/** Pushes nodes away from an edge that passes close by. */
function clear(x, y, dx, dy, from, to, length) {
  const [ex, ey] = [x[to] - x[from], y[to] - y[from]];
  const square = ex * ex + ey * ey || 1e-9;
  for (let i = 1; i < x.length; i += 1) {
    if (i === from || i === to) continue;
    const along = ((x[i] - x[from]) * ex + (y[i] - y[from]) * ey) / square;
    if (along <= 0 || along >= 1) continue;
    const ox = x[i] - x[from] - along * ex;
    const oy = y[i] - y[from] - along * ey;
    const off = Math.hypot(ox, oy);
    if (off > length * 0.8) continue;
    // A node right on the edge goes to the edge's left.
    const [ux, uy] = off > 1e-6 ? [ox / off, oy / off] : [-ey / Math.sqrt(square), ex / Math.sqrt(square)];
    dx[i] += ux * (length * 0.8 - off);
    dy[i] += uy * (length * 0.8 - off);
  }
}

function fitted(x, y) {
  const reach = (column) => column.reduce((most, at) => Math.max(most, Math.abs(at)), 1e-9);
  const [wide, high] = [reach(x), reach(y)];
  return { x: x.map((at) => at / wide), y: y.map((at) => at / high) };
}

/** Which boxes `{x, y, width, height}` can stay, the first ones first, so that none overlap. */
export function apart(boxes, taken = []) {
  return boxes.map((box) => {
    const free = taken.every(
      (other) =>
        box.x + box.width <= other.x || other.x + other.width <= box.x ||
        box.y + box.height <= other.y || other.y + other.height <= box.y,
    );
    if (free) taken.push(box);
    return free;
  });
}
