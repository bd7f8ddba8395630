// Click to read: what number is under the pointer, and where it comes from.

import { $, element } from "./dom.js";

export class Reader {
  // ask(message) sends to the server; beside() is called for a click that hits nothing.
  constructor(player, ask, beside) {
    Object.assign(this, { player, ask, beside, place: null, readings: null, chosen: -1 });
    this.canvas = $("picture");
    this.canvas.addEventListener("pointermove", (e) => this.hover(e));
    this.canvas.addEventListener("click", (e) => this.click(e));
    $("stage").addEventListener("click", (e) => {
      if (e.target === $("stage") || e.target === $("black") || e.target.parentElement === $("black")) this.beside();
    });
  }

  get here() {
    return `${this.player.session}:${this.player.step}:${Math.floor(this.player.frame)}`;
  }

  // The place has changed: what was read holds no more, nor does a click that waits for it.
  moved() {
    if (this.place !== this.here) {
      this.close();
      this.place = this.readings = this.waiting = null;
    }
    if (this.player.playing) this.waiting = null;
    else this.soon();
  }

  drawn() {
    if (!this.player.playing) this.soon();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), 150);
  }

  fetch() {
    const { session, step, frame, playing } = this.player;
    if (playing || !session || this.place === this.here) return;
    this.place = this.here;
    this.ask({ type: "read", session, step, frame: Math.floor(frame) });
  }

  hear({ session, step, frame, readings }) {
    if (`${session}:${step}:${frame}` !== this.place) return;
    this.readings = readings;
    if (readings === null) this.place = null;
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.();
  }

  // Calls then() when the readings of this picture are there.
  ready(then) {
    if (this.readings) return then();
    this.waiting = then;
    this.fetch();
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width,
      y = (event.clientY - box.top) / box.height;
    return (this.readings || []).findIndex(({ area }) => inside(area, x, y));
  }

  hover(event) {
    const hit = this.player.playing ? -1 : this.at(event);
    this.canvas.classList.toggle("readable", hit >= 0);
    if (this.chosen < 0) this.mark(hit);
  }

  click(event) {
    if (this.player.playing) return this.beside();
    this.ready(() => {
      if (!this.readings) return;
      const hit = this.at(event),
        open = !$("card").hidden;
      if (hit >= 0) return this.show(hit);
      this.close();
      if (!open) this.beside();
    });
  }

  mark(index) {
    const marker = $("marker"),
      { canvas } = this;
    Object.assign(marker.style, {
      left: `${canvas.offsetLeft}px`,
      top: `${canvas.offsetTop}px`,
      width: `${canvas.clientWidth}px`,
      height: `${canvas.clientHeight}px`,
    });
    marker.firstElementChild.setAttribute(
      "points",
      index < 0 ? "" : this.readings[index].area.map((p) => p.join(",")).join(" "),
    );
  }

  show(index) {
    const reading = this.readings[index];
    this.chosen = index;
    this.mark(index);
    $("card").replaceChildren(...this.told(reading));
    this.put(reading);
  }

  // What the card says.
  told(reading) {
    return reading.numbers.flatMap(lines);
  }

  // The card beside what it tells of.
  put(reading) {
    const card = $("card"),
      stage = $("stage").getBoundingClientRect(),
      box = this.canvas.getBoundingClientRect();
    card.hidden = false;
    const xs = reading.area.map((p) => p[0] * box.width),
      ys = reading.area.map((p) => p[1] * box.height);
    const left = box.left - stage.left + (Math.min(...xs) + Math.max(...xs) - card.offsetWidth) / 2;
    const below = box.top - stage.top + Math.max(...ys) + 10,
      above = box.top - stage.top + Math.min(...ys) - 10 - card.offsetHeight;
    card.style.left = `${Math.max(8, Math.min(stage.width - card.offsetWidth - 8, left))}px`;
    const fits = below + card.offsetHeight < stage.height - 8;
    card.style.top = `${fits ? below : Math.max(8, above)}px`;
    if (!fits && above < 8) this.aside(card, box.left - stage.left, xs, stage.width);
  }

  // Neither below nor above: where there is more room at its side, if there is enough.
  aside(card, left, xs, width) {
    const [begin, end] = [left + Math.min(...xs) - 10, left + Math.max(...xs) + 10];
    if (width - end >= card.offsetWidth + 8) card.style.left = `${end}px`;
    else if (begin >= card.offsetWidth + 8) card.style.left = `${begin - card.offsetWidth}px`;
  }

  close() {
    this.chosen = -1;
    if (this.canvas) this.mark(-1);
    $("card").hidden = true;
  }

  // By keyboard: I begins, the arrows go to the nearest number in that direction.
  byKey() {
    if (this.player.playing) this.player.toggle();
    this.ready(() => {
      if (this.readings?.length) this.show(this.topLeft());
    });
  }

  topLeft() {
    const order = this.readings.map((r, i) => [r.area[0][1] + 0.2 * r.area[0][0], i]).sort((a, b) => a[0] - b[0]);
    return order[0][1];
  }

  key(event) {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (this.chosen < 0 || !way) return false;
    const [x, y] = centre(this.readings[this.chosen].area);
    let best = -1,
      least = Infinity;
    this.readings.forEach((reading, i) => {
      const [a, b] = centre(reading.area),
        along = (a - x) * way[0] + (b - y) * way[1],
        across = Math.abs((a - x) * way[1]) + Math.abs((b - y) * way[0]);
      const far = along + 3 * across;
      if (along > 0.004 && far < least) [best, least] = [i, far];
    });
    if (best >= 0) this.show(best);
    return true;
  }
}

// What the card says of a number.
function lines({ value, source, made }) {
  const line = (className, textContent) => element("p", { className, textContent });
  return [line("value", value), line("source", source), ...(made ? [line("made", brief(made))] : [])];
}

// The parts of one block stand together in a formula: its name is said once.
function brief(made) {
  const block = made.match(/(?:\w+\.)?blocks\.\d+\./)?.[0];
  return block && made.split(block).length > 2 ? made.replaceAll(block, "") : made;
}

function centre(area) {
  return [0, 1].map((k) => area.reduce((sum, p) => sum + p[k], 0) / area.length);
}

function inside(area, x, y) {
  let within = false;
  for (let i = 0, j = area.length - 1; i < area.length; j = i++) {
    const [ax, ay] = area[i],
      [bx, by] = area[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}
