// Where the lesson stands and how it moves on: steps like slides, each of them a short film.

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const AHEAD = 6; // frames that are decoded before their time

export class Player {
  // changed(why): the place was changed by a person or by a step's end. drawn(): a picture was put on the canvas.
  // stilled(): a step is shown as a picture, because the system asks for less motion; said once.
  // asks(step): whether a question waits before the step plays (quiz.js).
  constructor(canvas, strips, { changed, drawn, stilled, asks = () => false }) {
    Object.assign(this, { canvas, strips, changed, drawn, stilled, asks });
    this.context = canvas.getContext?.("2d", { alpha: false });
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    Object.assign(this, {
      session: 0,
      steps: [],
      planned: false,
      fps: 30,
      step: 0,
      frame: 0,
      playing: false,
      speed: 1,
      loop: false,
      auto: false,
      stalled: false,
      last: null,
      shown: null,
    });
    const paint = () => {
      this.tick();
      requestAnimationFrame(paint);
    };
    requestAnimationFrame(paint);
  }

  open({ session, steps, planned, about }) {
    Object.assign(this, { session, steps, planned, fps: about.fps, about });
    this.strips.clear();
    this.shown = null;
  }

  // What the server tells of a step; a place that was not known yet is gone to now.
  learn(step, planned) {
    if (step) this.steps[step.index] = step;
    this.planned = planned;
    if (step?.index === this.step && step.frames !== null) this.frame = Math.min(this.frame, step.frames - 1);
    if (this.wanted && (planned || this.wanted[0] < this.steps.length)) this.go(...this.wanted);
  }

  length(step = this.step) {
    return this.steps[step]?.frames ?? null;
  }
  get atEnd() {
    return this.length() !== null && this.frame >= this.length() - 1;
  }

  // ── moving ────────────────────────────────────────────────────────────────────────────────────
  go(step, frame = 0, playing = true) {
    if (!this.steps.length) return;
    const known = this.planned || step < this.steps.length;
    this.wanted = known ? null : [step, frame, playing]; // gone to when it is known
    this.step = Math.max(0, Math.min(step, this.steps.length - 1));
    const end = (this.length() ?? Infinity) - 1;
    if (known && playing && frame === 0 && this.asks(this.step)) playing = false;
    if (playing && frame === 0 && this.still.matches && !this.moved) {
      [frame, playing] = [Infinity, false];
      this.stilled?.();
      this.stilled = null;
    }
    this.frame = Math.max(0, Math.min(frame, Number.isFinite(end) ? end : 1e6));
    this.playing = playing;
    this.stalled = false;
    this.last = performance.now();
    this.moved = false;
    this.changed("go");
    this.paint();
  }

  next() {
    if (this.step + 1 < this.steps.length) this.go(this.step + 1);
    else if (!this.atEnd) this.go(this.step, Infinity, false);
  }
  back() {
    if (this.step > 0) this.go(this.step - 1, Infinity, false);
    else this.go(0, 0, false);
  }
  replay() {
    this.moved = true;
    this.go(this.step, 0);
  }
  toggle() {
    if (this.atEnd && !this.playing) return false;
    this.playing = !this.playing && !(Math.floor(this.frame) === 0 && this.asks(this.step));
    this.last = performance.now();
    this.changed("toggle");
    return true;
  }
  set(speed) {
    this.speed = speed;
    this.changed("speed");
  }

  // As another page has it.
  follow({ step, frame, playing, speed }) {
    this.speed = speed;
    const apart = step !== this.step || Math.abs(frame - this.frame) > (playing && this.playing ? 0.3 * this.fps : 0);
    this.playing = playing;
    if (!playing && frame === 0) this.asks(step);
    if (apart) {
      this.step = Math.min(step, this.steps.length - 1);
      this.frame = frame;
      this.last = performance.now();
      this.paint();
    }
    this.changed("follow");
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────
  // The place is a function of the clock: it does not matter how often this is called, nor by whom.
  tick() {
    const now = performance.now();
    if (this.playing && this.steps.length) {
      const passed = this.last === null ? 0 : (now - this.last) / 1000;
      this.last = now;
      this.advance(passed * this.fps * this.speed);
    } else this.stalled = false;
    this.paint();
  }

  advance(by) {
    const length = this.length();
    let to = this.frame + by;
    if (length !== null && to >= length) return this.end(length);
    let at = Math.floor(this.frame);
    while (at < Math.floor(to) && this.strips.shows(this.step, at + 1) !== null) at++;
    this.stalled = this.strips.shows(this.step, Math.floor(to)) === null;
    this.frame = this.stalled ? Math.max(this.frame, Math.min(to, at + 0.99)) : to;
  }

  end(length) {
    if (this.loop) {
      this.frame = 0;
      return;
    }
    if (this.auto && this.step + 1 < this.steps.length) return this.next();
    this.frame = length - 1;
    this.playing = this.stalled = false;
    this.changed("end");
  }

  // ── the picture ───────────────────────────────────────────────────────────────────────────────
  paint() {
    const length = this.length();
    const at = Math.floor(length === null ? this.frame : Math.min(this.frame, length - 1));
    const number = this.strips.shows(this.step, at);
    if (number === null) return;
    const key = `${this.session}:${this.step}:${number}`;
    if (this.shown?.key === key) return;
    const bitmap = this.strips.bitmap(this.step, number);
    this.strips.decode(this.step, number, this.playing ? AHEAD : 1, () => this.paint());
    if (!bitmap) return;
    if (this.canvas.width !== bitmap.width || this.canvas.height !== bitmap.height)
      Object.assign(this.canvas, { width: bitmap.width, height: bitmap.height });
    this.context.drawImage(bitmap, 0, 0);
    this.shown = { key, session: this.session, step: this.step, number, when: performance.now() };
    this.drawn();
  }
}
