// The speaker's window: this step, the next one, notes and clocks.

import { $ } from "./dom.js";

export class Speaker {
  constructor(player, strips) {
    Object.assign(this, { player, strips, began: Date.now() });
    $("elapsed-reset").addEventListener("click", () => {
      this.began = Date.now();
      this.clocks();
    });
    setInterval(() => this.clocks(), 500);
    this.clocks();
  }

  clocks() {
    $("clock").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const s = Math.floor((Date.now() - this.began) / 1000);
    $("elapsed").textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  }

  step() {
    const { steps, step } = this.player,
      next = steps[step + 1];
    $("notes-text").textContent = steps[step].notes;
    $("next-name").textContent = next ? next.name : "End of the lesson";
    $("speaker-step").textContent = `${step + 1} of ${steps.length}`;
    this.next();
  }

  see({ step }) {
    if (step === this.player.step + 1) this.next();
  }

  // The last picture of the next step that there is.
  async next() {
    const canvas = $("next-picture"),
      context = canvas.getContext("2d"),
      { session, step } = this.player;
    const strip = this.strips.steps.get(step + 1);
    const number = strip?.numbers.at(-1);
    if (number === undefined) return context.clearRect(0, 0, canvas.width, canvas.height);
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const bitmap = await createImageBitmap(strip.frames.get(number).blob);
      if (session === this.player.session && step === this.player.step) {
        Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
        context.drawImage(bitmap, 0, 0);
      }
      bitmap.close();
    }, 100);
  }
}
