// A model in training: how far it is, its losses as a curve, what it writes, and the snapshots that can be gone back to.

import { $ } from "./dom.js";

const WIDTH = 240; // of the curve, in its own units
const HEIGHT = 48;
const WORDS = {
  reading: "reading the text",
  paused: "training is paused",
  done: "training is over",
};

export class Learning {
  // ask(message) asks the server
  constructor(ask) {
    Object.assign(this, { ask, told: null });
    $("learn-go").addEventListener("click", () => this.say(this.runs ? "pause" : "go"));
    $("learn-newest").addEventListener("click", () => this.say("newest"));
    $("learn-snapshot").addEventListener("input", ({ target }) => this.pick(Number(target.value)));
  }

  get runs() {
    return this.told.state === "training" || this.told.state === "reading";
  }

  say(what, more = {}) {
    this.ask({ type: "learn", what, ...more });
  }

  // A slider that is dragged passes many snapshots: the one at which it stays for a moment is asked for.
  pick(place) {
    const step = this.told.snapshots[place];
    this.picked = step;
    this.label(step);
    clearTimeout(this.asking);
    this.asking = setTimeout(() => {
      this.picked = null;
      this.say("show", { step });
    }, 200);
  }

  hear(told) {
    this.told = told;
    $("learning").hidden = false;
    $("learn-state").textContent = this.state();
    $("learn-loss").textContent = this.loss();
    $("learn-sample").textContent = told.sample ? `“${told.sample}”` : "";
    this.draw("learn-train", told.train);
    this.draw("learn-heldout", told.heldout);
    const go = $("learn-go");
    go.textContent = this.runs ? "Pause training" : "Go on";
    go.hidden = told.state === "done";
    $("learn-newest").setAttribute("aria-pressed", told.newest);
    const slider = $("learn-snapshot");
    slider.max = Math.max(0, told.snapshots.length - 1);
    slider.disabled = told.snapshots.length < 2;
    if (this.picked == null) {
      const place = told.snapshots.indexOf(told.shown);
      slider.value = place < 0 ? slider.max : place;
      this.label(told.shown);
    }
    document.body.dataset.learned = told.shown ?? "";
  }

  label(step) {
    const words = step == null ? "no snapshot yet" : `step ${step.toLocaleString("en")}`;
    $("learn-shown").textContent = words;
    $("learn-snapshot").setAttribute("aria-valuetext", words);
  }

  state() {
    const { state, why, text, step, steps, left } = this.told;
    if (state === "failed") return why;
    const far = steps ? `step ${step.toLocaleString("en")} of ${steps.toLocaleString("en")}` : "";
    if (state === "training") return [text, far, left === null ? "" : `${time(left)} left`].filter(Boolean).join(" · ");
    return [text, WORDS[state], far].filter(Boolean).join(" · ");
  }

  loss() {
    const { train, heldout } = this.told;
    const last = (points) => (points.length ? points[points.length - 1][1].toFixed(2) : "–");
    return train.length || heldout.length ? `loss ${last(train)} · held-out ${last(heldout)}` : "";
  }

  // Steps to the right, losses from 0 upwards, both curves in one scale.
  draw(id, points) {
    const { train, heldout, steps } = this.told;
    const most = Math.max(1, ...train.map(([, loss]) => loss), ...heldout.map(([, loss]) => loss));
    const place = ([step, loss]) =>
      `${((step / Math.max(1, steps)) * WIDTH).toFixed(1)},${(HEIGHT * (1 - loss / most)).toFixed(1)}`;
    $(id).setAttribute("points", points.map(place).join(" "));
  }
}

function time(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
