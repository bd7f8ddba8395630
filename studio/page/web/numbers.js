// The numbers of a lesson and how they were made: any one of them is computed anew here, in float64, from what the
// model recorded. The data are those of studio/page/graph.py and patterns.py; the operations those of
// model/numbers/operations.py, one number of a result at a time.

const SUMS = new Set(["sum", "mean", "max", "min", "cumsum"]);
const RELATIVE = 1e-4; // between what float32 keeps and float64 gives, as model/numbers/making.py has it
const CLOSE = 1e-6; // between two computations in float64

const erf = (x) => {
  // 2/√π e^(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)) (Abramowitz & Stegun 7.1.6); beyond 6 it is ±1 in float64
  const t = Math.max(-6, Math.min(6, x));
  let term = t,
    total = t;
  for (let n = 1; n < 150; n++) total += term *= (2 * t * t) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-t * t) * total;
};

export const ONE = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  negative: (a) => -a,
  absolute: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  square: (a) => a * a,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  relu: (a) => Math.max(a, 0),
  gelu: (a) => (a * (1 + erf(a / Math.SQRT2))) / 2,
  gelu_tanh: (a) => 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a ** 3))),
  silu: (a) => a / (1 + Math.exp(-a)),
};

const MANY = {
  sum: (row) => row.reduce((a, b) => a + b, 0),
  mean: (row) => row.reduce((a, b) => a + b, 0) / row.length,
  max: (row) => row.reduce((a, b) => Math.max(a, b), -Infinity),
  min: (row) => row.reduce((a, b) => Math.min(a, b), Infinity),
};
MANY.cumsum = MANY.sum;

const real = (x) => (typeof x === "string" ? { inf: Infinity, "-inf": -Infinity, nan: NaN }[x] : x);
const length = (place) => (place[0] === "r" ? Math.max(0, Math.ceil((place[2] - place[1]) / place[3])) : place[1].length);
const pick = (place, at) => (place[0] === "r" ? place[1] + at * place[3] : place[1][at]);
const count = (shape) => shape.reduce((a, b) => a * b, 1);
const flat = (index, shape) => index.reduce((sum, at, axis) => sum * shape[axis] + at, 0);
const unflat = (at, shape) => {
  const index = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = at % shape[axis];
    at = Math.floor(at / shape[axis]);
  }
  return index;
};

export class Numbers {
  // data: as Graph.data() has it; bytes: an ArrayBuffer with the tables.
  constructor(data, bytes) {
    Object.assign(this, data, { known: [] });
    const kinds = { f4: Float32Array, f8: Float64Array, i4: Int32Array };
    // kept: of each axis the places that are inside this page, where they are not all
    this.arrays = this.tables.map(([kind, shape, start, kept]) => {
      const sizes = kept ? shape.map((size, axis) => kept[axis]?.length ?? size) : shape,
        places = kept?.map((list) => list && new Map(list.map((place, at) => [place, at])));
      return { shape, sizes, places, values: new kinds[kind](bytes, start, count(sizes)) };
    });
  }

  // ── expressions ───────────────────────────────────────────────────────────────────────────────
  node(ref) {
    return typeof ref === "number" ? this.nodes[ref] : ref;
  }

  shape(ref) {
    const node = this.node(ref);
    if (node[0] === "o" || node[0] === "g") return node[3];
    const places = node[0] === "G" ? node[4] : node[2];
    return places.filter(Array.isArray).map(length);
  }

  // The number at an index of an expression: { ref, index } seen through pieces and mere moves.
  origin(ref, index) {
    for (;;) {
      const node = this.node(ref);
      if (node[0] === "p") [ref, index] = [node[1], through(node[2], index)];
      else if (node[0] === "o" && node[1] === "transpose") [ref, index] = [node[2][0], [...index].reverse()];
      else if (node[0] === "o" && node[1] === "stack") [ref, index] = [node[2][index[0]], index.slice(1)];
      else if (node[0] === "o" && node[1] === "concatenate") [ref, index] = this.part(node, index);
      else return { ref, index };
    }
  }

  part(node, index) {
    const axis = node[4],
      at = [...index];
    for (const operand of node[2]) {
      const size = this.shape(operand)[axis];
      if (at[axis] < size) return [operand, at];
      at[axis] -= size;
    }
    throw new RangeError("past the end");
  }

  // Which recorded number that is: { tensor, index }; null for all others.
  recorded({ ref, index }) {
    const node = this.node(ref);
    return node[0] === "t" ? { tensor: node[1], index: through(node[2], index) } : null;
  }

  value(ref, index) {
    const at = this.origin(ref, index),
      node = this.node(at.ref);
    if (node[0] === "t") return this.stored(node[1], through(node[2], at.index));
    if (node[0] === "g") return real(node[2][flat(at.index, node[3])]);
    if (node[0] === "G") {
      const { shape, values } = this.arrays[node[3]];
      return values[flat(through(node[4], at.index), shape)];
    }
    return this.compute(at);
  }

  // NaN where the page does not have it.
  stored(tensor, index) {
    const array = this.arrays[this.tensors[tensor].table];
    if (!array) return NaN;
    const { sizes, places, values } = array,
      at = places ? index.map((place, axis) => (places[axis] ? places[axis].get(place) : place)) : index;
    return at.includes(undefined) ? NaN : values[flat(at, sizes)];
  }

  // How many recorded numbers that an expression is made of are not inside this page.
  missing(ref) {
    const node = this.node(ref);
    if (node[0] === "t") return this.outside(this.arrays[this.tensors[node[1]].table], node[2]);
    if (node[0] === "o") return node[2].reduce((sum, part) => sum + this.missing(part), 0);
    return node[0] === "p" ? this.missing(node[1]) : 0;
  }

  outside(array, places) {
    const sizes = places.map((place) => (Array.isArray(place) ? length(place) : 1));
    if (!array) return count(sizes);
    const kept = places.map((place, axis) => {
      const here = array.places?.[axis];
      if (!here) return sizes[axis];
      return Array.isArray(place) ? each(sizes[axis], (at) => here.has(pick(place, at))).filter(Boolean).length : Number(here.has(place));
    });
    return count(sizes) - count(kept);
  }

  // Kept, because what many numbers are made of would be computed for each of them.
  compute(at) {
    if (typeof at.ref !== "number") return this.computed(at);
    const known = (this.known[at.ref] ??= new Map()),
      key = flat(at.index, this.shape(at.ref));
    if (!known.has(key)) known.set(key, this.computed(at));
    return known.get(key);
  }

  computed(at) {
    const name = this.node(at.ref)[1],
      terms = this.operands(at),
      values = terms.map(({ ref, index }) => this.value(ref, index));
    if (name in ONE) return ONE[name](...values);
    if (name in MANY) return MANY[name](values);
    if (name === "matmul") {
      let sum = 0;
      for (let k = 0; k < values.length; k += 2) sum += values[k] * values[k + 1];
      return sum;
    }
    if (name === "softmax") {
      const most = MANY.max(values),
        powers = values.map((x) => Math.exp(x - most));
      return powers[at.index[this.node(at.ref)[4]]] / MANY.sum(powers);
    }
    throw new TypeError(`no operation ${name}`);
  }

  // The numbers that one number of an operation's result is made of, in order; of a product, in pairs.
  operands({ ref, index }) {
    const [, name, parts, , axis] = this.node(ref);
    if (name === "matmul") return this.pairs(parts, index);
    if (name === "softmax" || name === "cumsum") {
      const size = name === "cumsum" ? index[axis] + 1 : this.shape(parts[0])[axis];
      return each(size, (k) => ({ ref: parts[0], index: index.map((at, a) => (a === axis ? k : at)) }));
    }
    if (SUMS.has(name)) {
      const shape = this.shape(parts[0]);
      if (axis === null) return each(count(shape), (k) => ({ ref: parts[0], index: unflat(k, shape) }));
      return each(shape[axis], (k) => ({ ref: parts[0], index: [...index.slice(0, axis), k, ...index.slice(axis)] }));
    }
    return parts.map((part) => {
      const shape = this.shape(part),
        inner = index.slice(index.length - shape.length);
      return { ref: part, index: inner.map((at, a) => (shape[a] === 1 ? 0 : at)) }; // stretched, where it is 1
    });
  }

  pairs([left, right], index) {
    const [a, b] = [this.shape(left), this.shape(right)];
    const batch = [...index],
      column = b.length > 1 ? [batch.pop()] : [],
      row = a.length > 1 ? [batch.pop()] : [];
    const of = (shape) => (shape.length > 2 ? batch.slice(batch.length - shape.length + 2) : []);
    return each(a.at(-1), (k) => [
      { ref: left, index: [...of(a), ...row, k] },
      { ref: right, index: [...of(b), k, ...column] },
    ]).flat();
  }

  // ── how a recorded number was made ────────────────────────────────────────────────────────────
  // The expression, filled in for one number; null for what the run begins with, or has no formula for.
  made({ tensor, index }) {
    const { made, which, table } = this.tensors[tensor];
    if (!made || !this.arrays[table]) return null;
    const { shape } = this.arrays[table],
      pattern = hole(which, index, shape);
    return pattern < 0 ? null : fill(made[pattern], index, shape);
  }

  // { value, again, equal, ends } of a number on the screen, or of any other: what is said, and what it is when computed.
  // ends: how many numbers that it is made of are not inside this page, where there are some; then nothing is computed.
  proof(at, said = null) {
    const found = this.origin(at.ref, at.index),
      cell = this.recorded(found);
    if (said !== null && this.ends[at.ref]) return { value: real(said), again: null, equal: true, ends: this.ends[at.ref] };
    return cell ? this.proofOf(cell, said) : this.proofOfNode(found, said);
  }

  proofOfNode(found, said) {
    const again = this.value(found.ref, found.index),
      isGiven = this.node(found.ref)[0] !== "o",
      value = said === null ? again : real(said);
    return { value, again: isGiven && said === null ? null : again, equal: near(value, again, CLOSE, CLOSE), ends: 0 };
  }

  proofOf(cell, said) {
    const value = this.stored(cell.tensor, cell.index),
      made = this.made(cell),
      honest = said === null || near(real(said), value, CLOSE, CLOSE),
      ends = made ? this.missing(made) : 0;
    const told = honest ? value : real(said);
    if (!made || ends) return { value: told, again: said === null ? null : value, equal: honest, ends };
    const again = this.value(made, []),
      { slack } = this.tensors[cell.tensor];
    return { value: told, again, equal: honest && near(value, again, RELATIVE, slack), ends };
  }
}

function each(size, of) {
  return Array.from({ length: size }, (_, k) => of(k));
}

function through(places, index) {
  let next = 0;
  return places.map((place) => (Array.isArray(place) ? pick(place, index[next++]) : place));
}

function near(a, b, relative, absolute) {
  return a === b || Math.abs(a - b) <= absolute + relative * Math.abs(a);
}

function hole(said, index, shape) {
  if (said === null || typeof said !== "object" || Array.isArray(said)) return said;
  if ("all" in said) return said.all[flat(index, shape)];
  return "plus" in said ? index[said.axis] + said.plus : said.list[index[said.axis]];
}

function fill(pattern, index, shape) {
  if (Array.isArray(pattern)) return pattern.map((part) => fill(part, index, shape));
  return hole(pattern, index, shape);
}
