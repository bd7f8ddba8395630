// Questions to the viewer: before a step plays it waits for a choice, and when the step has shown the answer it is said
// whether the choice was right. What is chosen is told as an event of the document, "answered": {step, choice, right}.

import { $, element } from "./dom.js";

const STAYS = 6000; // milliseconds that a verdict stands while the film goes on

export class Quiz {
  // goOn(step): plays the step that was asked about. opened(step): a question stands on the page.
  constructor(player, goOn, opened = () => {}) {
    Object.assign(this, { player, goOn, opened, on: true });
    this.forget();
  }

  // Another run: its questions are others.
  forget() {
    this.choices = new Map(); // step → place of the answer that was chosen, null where none was
    this.step = this.due = null; // that is asked about; whose answer is still to be seen
    this.close();
    this.say("");
  }

  get open() {
    return this.step !== null;
  }

  of(step) {
    return this.player.steps[step]?.quiz ?? null;
  }

  // Whether a step is still to be asked about.
  waits(step) {
    return this.on && Boolean(this.of(step)) && !this.choices.has(step);
  }

  // Whether the step waits for an answer; then the question is open. Each is asked once.
  asks(step) {
    if (!this.waits(step)) return false;
    if (this.step !== step) this.show(step);
    return true;
  }

  show(step) {
    const { text, answers } = this.of(step);
    const button = (answer, k) => {
      const made = element("button", {}, element("kbd", { textContent: k + 1, ariaHidden: "true" }), answer);
      made.onclick = () => this.choose(k);
      return made;
    };
    this.step = step;
    this.say("");
    $("quiz-text").textContent = text;
    $("quiz-answers").replaceChildren(...answers.map(button));
    $("quiz").hidden = false;
    if (!document.activeElement?.matches("input, select, textarea")) $("quiz").focus({ preventScroll: true });
    this.opened(step);
  }

  close() {
    this.step = null;
    $("quiz").hidden = true;
  }

  choose(choice) {
    const { step } = this,
      { right } = this.of(step);
    this.note(step, choice, right);
    this.due = step;
    this.close();
    this.goOn(step);
  }

  // What was chosen, null for nothing: the step is not asked about again.
  note(step, choice, right) {
    this.choices.set(step, choice);
    if (choice === null) return;
    document.dispatchEvent(new CustomEvent("answered", { detail: { step, choice, right: choice === right } }));
  }

  // Go on without an answer.
  pass(step = this.step) {
    this.note(step, null);
    this.close();
    this.goOn(step);
  }

  turn(on) {
    this.on = on;
    if (!on && this.open) this.pass();
  }

  // The place has changed: a question is left behind, an answer has been seen.
  moved() {
    const { step, playing, frame, atEnd } = this.player;
    if (this.open && (step !== this.step || playing || frame >= 1)) this.close();
    if (this.due !== null && (step > this.due || (step === this.due && atEnd && !playing))) this.reveal();
    if (playing && $("verdict").textContent) this.fade();
  }

  reveal() {
    const { answers, right } = this.of(this.due),
      choice = this.choices.get(this.due);
    this.due = null;
    $("verdict").classList.toggle("wrong", choice !== right);
    this.say(choice === right ? `✓ Right: ${answers[right]}` : `✗ You said ${answers[choice]}: it is ${answers[right]}`);
  }

  say(text) {
    clearTimeout(this.fading);
    this.fading = null;
    $("verdict").textContent = text;
  }

  fade() {
    this.fading ??= setTimeout(() => this.say(""), STAYS);
  }

  key(event) {
    if (!this.open || event.shiftKey) return false;
    const buttons = [...$("quiz-answers").children],
      k = Number(event.key) - 1;
    if (buttons[k]) this.choose(k);
    else if (event.key === "Escape") this.pass();
    else if (/^Arrow(Up|Down)$/.test(event.key) || event.key === "Enter") {
      const at = buttons.indexOf(document.activeElement),
        by = event.key === "ArrowUp" ? -1 : 1;
      buttons[at < 0 ? (by < 0 ? buttons.length - 1 : 0) : (at + by + buttons.length) % buttons.length].focus();
    } else return false;
    return true;
  }
}
