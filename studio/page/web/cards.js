// What the card says of a number: its name, how it was made, and whether it is so when it is computed here. Every number
// in it can be clicked in its turn, down to a weight or a word of the text.

import { $, element } from "./dom.js";

const ROWS = 64; // terms that are listed at first; more where they are asked for
const SIGNS = { add: "+", subtract: "−", multiply: "×", divide: "÷" };
const CALLED = { negative: "−", absolute: "abs", sqrt: "√", gelu: "GELU", gelu_tanh: "GELU", silu: "SiLU", relu: "ReLU" };
const POSITIONS = new Set(["position", "query", "key", "source"]);

export class Cards {
  // link(cell): an address that leads to it; say(text).
  constructor(numbers, { link, say }) {
    Object.assign(this, { numbers, link, say, trail: [] });
  }

  // The numbers of a reading; one of several is chosen by a click.
  open({ cells }, settle) {
    return this.start(
      cells.map((cell) => this.at(cell)),
      settle,
    );
  }

  start(places, settle) {
    this.settle = settle;
    this.trail = [];
    if (places.length === 1) return this.card(places[0]);
    return [element("p", { className: "pick", textContent: "Numbers in this text" }), this.row(places)];
  }

  row(places) {
    return element("p", { className: "terms" }, ...places.flatMap((at) => [this.button(at), " "]));
  }

  at(cell) {
    const [ref, index, said] = this.numbers.cells[cell];
    return { ref, index, said, cell };
  }

  into(at) {
    this.trail.push(this.current);
    this.fill(at);
  }

  fill(at) {
    $("card").replaceChildren(...this.card(at));
    this.settle();
    this.focus();
  }

  // The keyboard's place: the first number to go into, or where there is none, what else there is to press.
  focus() {
    const card = $("card");
    (card.querySelector("button.number") ?? card.querySelector("button:not([hidden])"))?.focus({ preventScroll: true });
  }

  // ── one number ────────────────────────────────────────────────────────────────────────────────
  card(at) {
    const { numbers } = this,
      proof = numbers.proof(at, at.said ?? null),
      found = numbers.origin(at.ref, at.index),
      cell = numbers.recorded(found);
    this.current = at;
    const made = cell ? numbers.made(cell) : null,
      expression = cell ? made && { ref: made, index: [] } : numbers.node(found.ref)[0] === "o" ? found : null;
    return [
      this.tools(at),
      element("p", { className: proof.equal ? "value" : "value wrong", textContent: written(proof.value, 6) }),
      this.verdict(proof),
      element("p", { className: "source", textContent: this.name(found) }),
      ...this.about(found, cell, made || proof.ends),
      ...(proof.ends ? this.end(found, proof.ends) : expression ? this.formula(expression) : []),
    ];
  }

  // Where the page goes no further.
  end(found, count) {
    const cell = this.numbers.recorded(found),
      { command } = this.numbers.runs[cell ? this.numbers.tensors[cell.tensor].run : 0],
      text = `The page ends here: ${count.toLocaleString("en")} of the numbers that this is made of are not inside it.`;
    const has = command ? [element("p", { className: "about" }, element("code", { textContent: command }), " has them.")] : [];
    return [element("p", { className: "end", textContent: text }), ...has];
  }

  tools(at) {
    const back = element("button", { textContent: "‹ Back", hidden: !this.trail.length });
    back.onclick = () => this.fill(this.trail.pop());
    const copy = element("button", { textContent: "Copy link", title: "Copy a link to this number" });
    copy.onclick = () => this.copy(this.link(this.linkable(at)));
    return element("div", { className: "tools" }, back, copy);
  }

  copy(url) {
    const told = () => this.say("The link is copied.");
    const shown = () => prompt("The link to this number", url);
    if (!navigator.clipboard) return shown();
    navigator.clipboard.writeText(url).then(told, shown);
  }

  verdict({ again, equal, value, ends }) {
    if (again === null || (ends && equal)) return element("p", { className: "proof", textContent: "" });
    const text = equal ? "✓ computed here: equal" : `✗ computed here: ${written(again, 6)}, and not ${written(value, 6)}`;
    return element("p", { className: equal ? "proof" : "proof wrong", textContent: text });
  }

  // What else is to be said of a number: which weight it is, which word, of which run.
  about(found, cell, made) {
    const node = this.numbers.node(found.ref),
      line = (textContent) => element("p", { className: "about", textContent });
    if (!cell) return node[0] === "g" && node[4] ? [line(node[4])] : node[0] === "G" && node[5] ? [line(node[5])] : [];
    const tensor = this.numbers.tensors[cell.tensor],
      run = this.numbers.runs[tensor.run],
      lines = [];
    if (tensor.given) lines.push(tensor.given);
    else if (tensor.made && !made) lines.push("set by this run, and not as the formula has it");
    else if (!tensor.made) lines.push("how it was made is not inside this page");
    if (tensor.name.endsWith("tokens")) lines.push(`the word “${run.tokens[cell.index[0]]}”`);
    const words = this.words(tensor, cell.index);
    if (words) lines.push(words);
    if (tensor.run > 0 && run.words) lines.push(run.words);
    return lines.map(line);
  }

  words({ axes, run }, index) {
    const { tokens, vocabulary } = this.numbers.runs[run];
    const told = axes.map((axis, k) => {
      if (POSITIONS.has(axis) && tokens[index[k]] !== undefined) return `${axis} ${index[k]}: “${tokens[index[k]]}”`;
      const words = this.numbers.vocabularies?.[vocabulary] ?? [];
      return /^(vocab|word)/.test(axis) && words[index[k]] !== undefined ? `row of the word “${words[index[k]]}”` : "";
    });
    return told.filter(Boolean).join(" · ");
  }

  name(found) {
    const node = this.numbers.node(found.ref),
      cell = this.numbers.recorded(found);
    if (cell) {
      const { name, axes } = this.numbers.tensors[cell.tensor];
      return cell.index.length ? `${name}[${cell.index.map((at, k) => `${axes[k] ?? k}=${at}`).join(", ")}]` : name;
    }
    if (node[0] === "g") return node[1];
    if (node[0] === "G") return node[1];
    return this.phrase(found);
  }

  // In a few words, what an operation does.
  phrase(found) {
    const [, name, parts] = this.numbers.node(found.ref);
    if (name in SIGNS) return `${{ add: "sum", subtract: "difference", multiply: "product", divide: "quotient" }[name]} of two numbers`;
    const count = this.numbers.operands(found).length;
    if (name === "matmul") return `Σ of ${count / 2} products`;
    if (name === "softmax") return `softmax of ${count} numbers, at ${found.index[this.numbers.node(found.ref)[4]]}`;
    if (["sum", "mean", "max", "min", "cumsum"].includes(name)) return `${{ sum: "Σ", cumsum: "Σ" }[name] ?? name} of ${count} numbers`;
    return `${CALLED[name] ?? name} of ${parts.length > 1 ? "numbers" : "a number"}`;
  }

  // ── how it was made ───────────────────────────────────────────────────────────────────────────
  formula({ ref, index }) {
    const found = this.numbers.origin(ref, index),
      name = this.numbers.node(found.ref)[1];
    if (this.numbers.node(found.ref)[0] !== "o" || name in SIGNS || !this.isMany(name)) {
      return [element("p", { className: "made" }, "= ", ...this.inline(found.ref, found.index))];
    }
    const terms = this.numbers.operands(found),
      head = element("p", { className: "made", textContent: `= ${this.phrase(found)}` });
    const table = element("table", {});
    this.rows(table, found, name, terms, ROWS);
    const shown = [head, this.vectors(terms, name), element("div", { className: "rows" }, table)];
    return name === "softmax" ? [...shown, this.share(found, terms)] : shown;
  }

  isMany(name) {
    return ["matmul", "softmax", "sum", "mean", "max", "min", "cumsum"].includes(name);
  }

  rows(table, found, name, terms, most) {
    const step = name === "matmul" ? 2 : 1,
      here = name === "softmax" ? found.index[this.numbers.node(found.ref)[4]] : -1,
      top = name === "softmax" ? Math.max(...terms.map((t) => this.numbers.value(t.ref, t.index))) : 0;
    const order = here >= most ? [here] : [];
    for (let k = 0; k < terms.length / step && k < most; k++) order.push(k);
    table.replaceChildren(...order.map((k) => {
      const pair = terms.slice(k * step, (k + 1) * step),
        values = pair.map((t) => this.numbers.value(t.ref, t.index));
      const cells = [element("td", { className: "nth", textContent: k })];
      cells.push(...pair.flatMap((t, i) => (i ? [element("td", { textContent: "×" }), wrap(this.button(t))] : [wrap(this.button(t))])));
      if (step === 2) cells.push(element("td", { textContent: `= ${written(values[0] * values[1], 4)}` }));
      if (name === "softmax") cells.push(element("td", { textContent: `exp(x − max) = ${written(Math.exp(values[0] - top), 4)}` }));
      return element("tr", { className: k === here ? "here" : "" }, ...cells);
    }));
    const left = terms.length / step - order.length;
    if (left <= 0) return;
    const more = element("button", { textContent: `all ${terms.length / step}` });
    more.onclick = () => this.rows(table, found, name, terms, Infinity);
    table.append(element("tr", {}, element("td", { colSpan: 5 }, more)));
  }

  // The last line of a softmax: one power over all of them.
  share(found, terms) {
    const values = terms.map((t) => this.numbers.value(t.ref, t.index)),
      most = Math.max(...values),
      powers = values.map((x) => Math.exp(x - most)),
      at = found.index[this.numbers.node(found.ref)[4]],
      sum = powers.reduce((a, b) => a + b, 0);
    const text = `${written(powers[at], 4)} ÷ Σ = ${written(powers[at], 4)} ÷ ${written(sum, 4)} = ${written(powers[at] / sum, 6)}`;
    return element("p", { className: "about", textContent: text });
  }

  // Which rows and columns meet.
  vectors(terms, name) {
    const step = name === "matmul" ? 2 : 1,
      named = (at) => this.name(this.numbers.origin(at.ref, at.index));
    const span = (first, last) => {
      const [a, b] = [named(first), named(last)];
      if (a === b) return a;
      const places = b.match(/\d+/g) ?? [];
      return a.replace(/\d+/g, (at) => {
        const end = places.shift();
        return end === undefined || end === at ? at : `${at}…${end}`;
      });
    };
    const told = Array.from({ length: step }, (_, k) => span(terms[k], terms[terms.length - step + k]));
    return element("p", { className: "about", textContent: told.join(" · ") });
  }

  // An expression in a line, with a button for each number in it.
  inline(ref, index, depth = 0) {
    const found = this.numbers.origin(ref, index),
      node = this.numbers.node(found.ref);
    if (node[0] !== "o" || this.isMany(node[1]) || depth > 7) return [this.button({ ref: found.ref, index: found.index }, true)];
    const parts = this.numbers.operands(found).map((at) => this.inline(at.ref, at.index, depth + 1));
    if (node[1] in SIGNS) {
      const [left, right] = this.numbers.operands(found).map((at) => this.binds(at)),
        mine = this.binds(found);
      const firm = node[1] === "subtract" || node[1] === "divide" ? right > mine : right >= mine;
      return [...(left >= mine ? parts[0] : bracketed(parts[0])), ` ${SIGNS[node[1]]} `, ...(firm ? parts[1] : bracketed(parts[1]))];
    }
    return [`${CALLED[node[1]] ?? node[1]}(`, ...parts.flatMap((part, k) => (k ? [", ", ...part] : part)), ")"];
  }

  // How firmly an expression in a line holds together: a sum, a product, all else.
  binds(at) {
    const node = this.numbers.node(this.numbers.origin(at.ref, at.index).ref);
    if (node[0] !== "o" || !(node[1] in SIGNS)) return 2;
    return node[1] === "add" || node[1] === "subtract" ? 0 : 1;
  }

  button(at, named = false) {
    const found = this.numbers.origin(at.ref, at.index),
      proof = this.numbers.proof(at, at.said ?? null);
    const button = element("button", { className: proof.equal ? "number" : "number wrong", title: this.name(found) });
    button.append(element("b", { textContent: written(proof.value, 4) }));
    if (named) button.append(element("small", { textContent: brief(this.name(found)) }));
    button.onclick = () => this.into(at);
    return button;
  }

  // ── links ─────────────────────────────────────────────────────────────────────────────────────
  // A recorded number by name, any other that is shown by its place among them.
  linkable(at) {
    const cell = this.numbers.recorded(this.numbers.origin(at.ref, at.index));
    if (!cell) return at.cell === undefined ? "" : `~${at.cell}`;
    const { name, run } = this.numbers.tensors[cell.tensor];
    return `${name}[${cell.index}]${run ? `@${run}` : ""}`;
  }

  linked(text) {
    const shown = /^~(\d+)$/.exec(text),
      named = /^([\w.]+)\[([\d,]*)\](?:@(\d+))?$/.exec(text);
    if (shown) return Number(shown[1]) < this.numbers.cells.length ? this.at(Number(shown[1])) : null;
    if (!named) return null;
    const tensor = this.numbers.tensors.findIndex((t) => t.name === named[1] && t.run === Number(named[3] ?? 0)),
      index = named[2] ? named[2].split(",").map(Number) : [];
    if (tensor < 0) return null;
    const { shape } = this.numbers.arrays[this.numbers.tensors[tensor].table] ?? { shape: [] };
    if (index.length !== shape.length || index.some((at, k) => at >= shape[k])) return null;
    const ref = ["t", tensor, index];
    return this.numbers.missing(ref) ? null : { ref, index: [] };
  }

  is(cell, at) {
    return cell === at.cell || this.linkable(this.at(cell)) === this.linkable(at);
  }
}

function bracketed(parts) {
  return ["(", ...parts, ")"];
}

function wrap(child) {
  return element("td", {}, child);
}

function brief(name) {
  return name.replace(/^(?:\w+\.)?blocks\.\d+\./, "");
}

// With a true minus sign, to so many digits.
export function written(value, digits) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value < 0 ? "−∞" : "∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value).replace("-", "−");
  const text = Math.abs(value) < 1e-4 || Math.abs(value) >= 1e7 ? value.toExponential(digits - 1) : value.toPrecision(digits);
  return text.replaceAll("-", "−");
}
