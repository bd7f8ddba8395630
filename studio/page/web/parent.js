// The page around this one, where it stands in a frame: what it may ask, and what it is told. docs/embed.md has both.
// Messages are objects whose `clearhead` names them. Only those that are listed are acted on, only from the page that
// holds the frame; what they bring is looked up (a step, a number) or cut to the film (a time), and never run.

const EVERY = 100; // milliseconds between looks at where the film stands
const LONGEST = 200; // characters of a name

export class Parent {
  constructor(film, around = window.parent) {
    Object.assign(this, { film, around, told: {} });
    this.asked = { hello: () => this.ready(), play: () => this.play(true), pause: () => this.play(false), seek: (to) => this.seek(to) };
    addEventListener("message", (event) => event.source === around && this.hear(event.data));
    document.addEventListener("answered", ({ detail }) => this.answered(detail));
    this.ready();
    setInterval(() => this.look(), EVERY);
  }

  hear(message) {
    if (typeof message !== "object" || message === null) return;
    if (Object.hasOwn(this.asked, message.clearhead)) this.asked[message.clearhead](message);
  }

  play(on) {
    const { player } = this.film;
    if (player.playing === on) return;
    if (player.toggle() || !on) return;
    if (player.step + 1 < player.steps.length) player.next();
    else player.go(0); // from the end, as a video does
  }

  // A film that plays goes on from there.
  seek({ step, time, cell }) {
    const { player } = this.film,
      at = this.place(step, time);
    if (at) player.go(...at, player.playing);
    if (typeof cell !== "string" || cell.length > LONGEST) return;
    if (player.playing) player.toggle();
    this.film.show(cell);
  }

  // [step, frame] of a step (name, or number from 1) or a time in seconds; null where there is none.
  place(step, time) {
    const { steps, fps } = this.film.about;
    if (typeof time === "number" && Number.isFinite(time)) {
      const frame = Math.max(0, Math.floor(time * fps + 1e-6)),
        there = Math.max(0, steps.findLastIndex((s) => s.start <= frame));
      return [there, frame - steps[there].start];
    }
    if (!["string", "number"].includes(typeof step) || String(step).length > LONGEST) return null;
    const name = String(step).trim().toLowerCase(),
      found = steps.findIndex((s, k) => s.name.toLowerCase() === name || String(k + 1) === name);
    return found < 0 ? null : [found, 0];
  }

  // ── what is told ──────────────────────────────────────────────────────────────────────────────
  // To whoever holds the frame: it is no more than the page shows anyway.
  say(clearhead, about) {
    this.around.postMessage({ clearhead, ...about }, "*");
  }

  ready() {
    const { title, steps, fps } = this.film.about,
      named = steps.map(({ name, start, frames }) => ({ name, start: start / fps, end: (start + frames) / fps }));
    this.say("ready", { title, seconds: named.at(-1).end, steps: named });
    this.told = {};
    this.look();
  }

  look() {
    const { step, steps, start, frame, fps, playing } = this.film.player,
      now = { step: step + 1, time: Math.round(((start + Math.floor(frame)) / fps) * 1000) / 1000, playing };
    if (now.step !== this.told.step) this.say("step", { step: now.step, name: steps[step].name });
    if (now.time !== this.told.time || playing !== this.told.playing) this.say("time", { time: now.time, playing });
    this.told = now;
  }

  answered({ step, choice, right }) {
    this.say("answered", { step: step + 1, choice: choice + 1, right });
  }
}
