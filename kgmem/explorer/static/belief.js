// What is believed: the versions of facts on both clocks, and questions to them. No page in here.

const ends = (column) => Float64Array.from(column, (at) => at ?? Infinity);

export class Belief {
  /** @param columns what `api/versions` answers; see docs/explorer.md. */
  constructor({ entities, predicates, facts, versions }) {
    this.entityIds = entities.id;
    this.names = entities.name;
    this.types = entities.type;
    this.aliases = entities.aliases;
    this.predicates = predicates;
    this.size = versions.fact.length;
    const of = (column) => Int32Array.from(versions.fact, (fact) => column[fact]);
    this.ids = versions.fact.map((fact) => facts.id[fact]);
    this.subject = of(facts.subject);
    this.predicate = of(facts.predicate);
    this.object = of(facts.object);
    this.validAt = Float64Array.from(versions.fact, (fact) => facts.valid_at[fact]);
    this.invalidAt = ends(versions.invalid_at);
    this.createdAt = Float64Array.from(versions.created_at);
    this.expiredAt = ends(versions.expired_at);
    this.turns = versions.turns;
    this.writes = this.#writes();
    this.around = this.#around();
  }

  /** The transaction times at which belief changed, in order, and how many versions came and went. */
  #writes() {
    const changes = new Map();
    const count = (at, what) => {
      if (at === Infinity) return;
      if (!changes.has(at)) changes.set(at, { at, came: 0, went: 0 });
      changes.get(at)[what] += 1;
    };
    for (let v = 0; v < this.size; v += 1) {
      count(this.createdAt[v], "came");
      count(this.expiredAt[v], "went");
    }
    return [...changes.values()].sort((a, b) => a.at - b.at);
  }

  /** The versions at each entity. */
  #around() {
    const around = this.names.map(() => []);
    for (let v = 0; v < this.size; v += 1) {
      around[this.subject[v]].push(v);
      if (this.object[v] !== this.subject[v]) around[this.object[v]].push(v);
    }
    return around;
  }

  /** The place of the last write until an instant of transaction time; -1 where none is. */
  writeAt(instant) {
    return this.writes.findLastIndex((write) => write.at <= instant);
  }

  isBelieved(v, known) {
    return this.createdAt[v] <= known && known < this.expiredAt[v];
  }

  isTrue(v, at) {
    return this.validAt[v] <= at && at < this.invalidAt[v];
  }

  /** Which versions are believed at `known` and true at `at` (null: at any time): one byte each. */
  visible(at, known) {
    const mask = new Uint8Array(this.size);
    for (let v = 0; v < this.size; v += 1) {
      mask[v] = this.isBelieved(v, known) && (at === null || this.isTrue(v, at)) ? 1 : 0;
    }
    return mask;
  }

  /** How many of the masked versions each entity has. */
  degrees(mask) {
    const degrees = new Int32Array(this.names.length);
    for (let v = 0; v < this.size; v += 1) {
      if (!mask[v]) continue;
      degrees[this.subject[v]] += 1;
      if (this.object[v] !== this.subject[v]) degrees[this.object[v]] += 1;
    }
    return degrees;
  }

  other(v, entity) {
    return this.subject[v] === entity ? this.object[v] : this.subject[v];
  }

  /** The entities that the given versions join with an entity, those with the most of them first. */
  neighbors(entity, versions) {
    const ties = new Map();
    for (const v of versions) {
      const other = this.other(v, entity);
      if (other !== entity) ties.set(other, (ties.get(other) ?? 0) + 1);
    }
    return [...ties.keys()].sort(
      (a, b) => ties.get(b) - ties.get(a) || this.around[b].length - this.around[a].length || a - b,
    );
  }

  /** The edges between entities: one for each subject, predicate and object, with its versions. */
  edges(entities) {
    const place = new Map(entities.map((entity, index) => [entity, index]));
    const edges = new Map();
    for (const entity of entities) {
      for (const v of this.around[entity]) {
        if (this.subject[v] !== entity || !place.has(this.object[v])) continue;
        const key = `${entity} ${this.predicate[v]} ${this.object[v]}`;
        if (!edges.has(key)) {
          edges.set(key, { key, from: place.get(entity), to: place.get(this.object[v]), predicate: this.predicate[v], versions: [] });
        }
        edges.get(key).versions.push(v);
      }
    }
    return [...edges.values()];
  }
}
