// A film in one file: the preview's page, with a video in it and the numbers behind it (studio/page/document.py).

import { Cards } from "./cards.js";
import { Controls } from "./controls.js";
import { Dialogs } from "./dialogs.js";
import { $ } from "./dom.js";
import { FilmPlayer } from "./filmplayer.js";
import { Numbers } from "./numbers.js";
import { Parent } from "./parent.js";
import { Places } from "./places.js";
import { Quiz } from "./quiz.js";
import { Reader } from "./reader.js";
import { Status } from "./status.js";
import { Timeline } from "./timeline.js";

const FINE = 0.25; // seconds: shorter stretches are samples of what moves, and true at their first frame
const SESSION = 1;

const bytes = (id) => Uint8Array.from(atob($(id).textContent), (c) => c.charCodeAt(0));
const unpacked = (id) => new Response(new Blob([bytes(id)]).stream().pipeThrough(new DecompressionStream("gzip")));

// The numbers, whose bytes lie apart (document.py, planes).
function whole(apart) {
  const from = new Uint8Array(apart),
    to = new Uint8Array(from.length),
    count = from.length / 4;
  for (let plane = 0; plane < 4; plane++) for (let k = 0; k < count; k++) to[4 * k + plane] = from[plane * count + k];
  return to.buffer;
}

class FilmReader extends Reader {
  constructor(app, ask, beside) {
    super(app.player, ask, beside);
    this.app = app;
  }

  told(reading) {
    return this.app.cards.open(reading, () => this.put(reading));
  }

  // With a number open, Enter goes into it, where Tab goes from operand to operand.
  key(event) {
    if (this.chosen >= 0 && event.key === "Enter" && !$("card").contains(document.activeElement)) {
      this.app.cards.focus();
      return true;
    }
    if ($("card").contains(document.activeElement) && /^Arrow(Up|Down)$/.test(event.key)) return false;
    return super.key(event);
  }
}

class Film {
  constructor(about, numbers) {
    Object.assign(this, { about, numbers, notes: false, leads: false, mayLead: false, following: false });
    this.places = new Places(about);
    const asks = about.steps.some(({ quiz }) => quiz);
    this.lacks = new Set(["text", "options", "notes", "save", "vote", "again", ...(asks ? [] : ["quiz"])]);
    this.player = new FilmPlayer($("picture"), {
      changed: () => this.changed(),
      stilled: () => this.status.say("Your system asks for less motion, so each step is a still picture. R plays it.", 8000),
      drawn: () => this.drawn(),
      asks: (step) => this.quiz.asks(step),
    });
    this.quiz = new Quiz(this.player, (step) => this.player.go(step));
    this.status = new Status(this.player, false, this.quiz);
    const strips = { drawn: (step) => about.steps[step].frames };
    this.timeline = new Timeline($("scrubber"), this.player, strips, (...place) => this.player.go(...place));
    this.cards = new Cards(numbers, { link: (cell) => this.link(cell), say: (text) => this.status.say(text, 3000) });
    this.reader = new FilmReader(this, (message) => this.read(message), () => this.controls.press("play"));
    this.dialogs = new Dialogs(this);
    this.controls = new Controls(this);
    $("auto").checked = true;
    this.open();
  }

  open() {
    const { about } = this;
    this.player.open({ session: SESSION, planned: true, steps: about.steps, about });
    this.status.online = true;
    this.status.dress({ about, lesson: "", lessons: [{ id: "", title: about.title }] });
    this.timeline.build();
    const stay = this.player.still.matches ? [0, Infinity] : [0, 0];
    if (!this.follow()) this.player.go(...stay, false);
    addEventListener("hashchange", () => this.follow());
    setInterval(() => this.beat(), 500);
  }

  beat() {
    this.player.tick();
    this.status.waiting();
  }

  changed() {
    this.quiz.moved();
    this.status.playing();
    this.status.where();
    this.timeline.dirty = true;
    this.reader?.moved();
  }

  drawn() {
    document.body.dataset.shown = this.player.shown.key;
    this.timeline.dirty = true;
    this.status.caption();
    this.reader?.drawn();
  }

  move(action) {
    action();
  }

  goTo(step) {
    this.player.go(step);
  }

  // ── what can be read ──────────────────────────────────────────────────────────────────────────
  // Of a moving picture there are samples: the film goes to the nearer one.
  read() {
    const { player, reader, about } = this,
      { shots } = about;
    if (player.playing) return;
    const at = player.start + Math.floor(player.frame);
    let place = Math.max(0, shots.findLastIndex(([begin]) => begin <= at));
    const [begin, end] = shots[place];
    if (end - begin < FINE * about.fps && at > begin) {
      const next = shots[place + 1]?.[0] ?? Infinity;
      if (next - at < at - begin && next < player.start + player.length()) place++;
      this.to(Math.max(0, shots[place][0] - player.start));
    }
    const readings = this.places.at(place).map((seen) => this.reading(seen));
    reader.hear({ session: SESSION, step: player.step, frame: Math.floor(player.frame), readings });
  }

  to(frame) {
    const { player, reader } = this;
    player.frame = frame;
    player.jumps = true;
    player.paint();
    reader.place = reader.here;
  }

  reading([corners, text, cells]) {
    const area = [];
    for (let k = 0; k < corners.length; k += 2) area.push([corners[k] / this.about.grain, corners[k + 1] / this.about.grain]);
    return { area, text, cells, numbers: cells };
  }

  // ── links ─────────────────────────────────────────────────────────────────────────────────────
  link(cell) {
    const { player, about } = this,
      seconds = ((player.start + Math.floor(player.frame)) / about.fps).toFixed(2);
    const said = new URLSearchParams({ step: about.steps[player.step].name, t: seconds, ...(cell ? { cell } : {}) });
    return `${location.href.split("#")[0]}#${said}`;
  }

  // Go where the address says; whether it says anything.
  follow() {
    const said = new URLSearchParams(location.hash.slice(1)),
      { player, about } = this;
    const name = said.get("step")?.toLowerCase(),
      t = said.has("t") ? Number(said.get("t")) : NaN;
    if (!name && Number.isNaN(t)) return false;
    let step = about.steps.findIndex((s, k) => s.name.toLowerCase() === name || String(k + 1) === name);
    if (Number.isFinite(t)) {
      const frame = Math.floor(t * about.fps + 1e-6),
        there = about.steps.findLastIndex((s) => s.start <= frame);
      if (step < 0 || there !== step) step = step < 0 ? there : step;
      player.go(Math.max(0, step), Math.max(0, frame - about.steps[Math.max(0, step)].start), false);
    } else if (step >= 0) player.go(step, Infinity, false);
    else return false;
    if (said.has("cell")) this.show(said.get("cell"));
    return true;
  }

  // A number that is not on the screen: in the middle of it.
  alone(at) {
    const settle = () => this.reader.put({ area: [[0.5, 0.3]] });
    $("card").replaceChildren(...this.cards.start([at], settle));
    settle();
  }

  show(link) {
    const at = this.cards.linked(link);
    if (!at) return this.status.say("This film has no such number.", 4000);
    this.reader.ready(() => {
      const { readings } = this.reader,
        hits = [...readings.keys()].filter((k) => readings[k].cells.some((cell) => this.cards.is(cell, at)));
      hits.sort((a, b) => readings[a].cells.length - readings[b].cells.length || width(readings[a]) - width(readings[b]));
      if (hits.length && readings[hits[0]].cells.length === 1) this.reader.show(hits[0]);
      else this.alone(at);
    });
  }
}

function width({ area }) {
  return Math.max(...area.map((p) => p[0])) - Math.min(...area.map((p) => p[0]));
}

async function begin() {
  $("picture").src = URL.createObjectURL(new Blob([bytes("film-data")], { type: "video/mp4" }));
  const [about, numbers, table] = await Promise.all([
    unpacked("about-data").json(),
    unpacked("numbers-data").json(),
    unpacked("table-data").arrayBuffer(),
  ]);
  window.clearhead = new Film(about, new Numbers(numbers, whole(table)));
  if (window.parent !== window) new Parent(window.clearhead);
}

begin();
