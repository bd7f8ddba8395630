// What the page says of itself: where it is, what it waits for, what went wrong.

import { $, element } from "./dom.js";

export class Status {
  // quiz: asks before a step; meanwhile the question is what is said.
  constructor(player, notes, quiz) {
    Object.assign(this, { player, notes, quiz, preparing: false, black: false });
    this.online = null; // not known yet
    this.why = "";
    this.named = ""; // the step whose caption is shown: read out once
    this.said = ""; // the caption itself
    $("banner-close").addEventListener("click", () => this.banner(null));
  }

  // why: what the server has said, where it lets nobody in.
  connected(on, why = "") {
    this.online = on;
    this.why = why;
    this.waiting();
  }

  waiting() {
    let text = "";
    if (this.online === false) text = this.why || "no connection";
    else if (this.preparing) text = "preparing";
    else if (this.player.stalled || !this.player.session) text = "drawing";
    $("waiting").hidden = !text;
    $("waiting-text").textContent = text;
  }

  playing() {
    const { playing, speed } = this.player;
    document.body.classList.toggle("playing", playing);
    $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
    $("speed").textContent = `${speed}×`;
    this.waiting();
  }

  // Returns whether it is another step than last time.
  where() {
    const { session, step, steps, planned } = this.player;
    const now = steps[step];
    if (!now) return false;
    const count = `${step + 1} / ${steps.length}${planned ? "" : "…"}`;
    $("where").replaceChildren(element("b", { textContent: count }), now.name);
    const named = `${session}:${step}`;
    if (named === this.named) {
      this.caption();
      return false;
    }
    this.named = named;
    this.said = "";
    this.caption();
    return true;
  }

  // What is said now: in a step that asks the question, and then its answer.
  caption() {
    const { step, steps, frame } = this.player;
    const now = steps[step];
    if (!now) return;
    const asked = frame < 1 && this.quiz.waits(step); // then the caption may tell the answer
    const [text] = asked ? [now.quiz.text] : now.lines.findLast(([, start]) => start <= frame) ?? [now.caption];
    if (text === this.said) return;
    const first = this.said === "";
    this.said = text;
    $("caption").textContent = text;
    $("spoken").textContent = first ? `Step ${step + 1}, ${now.name}. ${text}` : text;
    $("picture").setAttribute("aria-label", `${now.name}: ${text}`);
  }

  roles({ leads, mayLead, following }) {
    $("lead").hidden = leads || !mayLead || this.notes;
    $("follow").hidden = leads || following || this.notes;
    document.body.classList.toggle("viewer", !mayLead);
  }

  // The window's title, and the stage in the lesson's shape and colour.
  dress({ about, lesson, lessons }) {
    const { style } = document.documentElement;
    style.setProperty("--ratio", about.width / about.height);
    style.setProperty("--stage", about.background);
    const title = lessons.find((l) => l.id === lesson)?.title ?? "Clearhead";
    document.title = `${title} · Clearhead`;
  }

  showBlack(on) {
    this.black = on;
    $("black").hidden = !on || this.notes;
  }

  banner(message) {
    $("banner").hidden = message === null;
    if (message === null) return;
    const { file, line, text } = message;
    $("banner-where").textContent = file ? `${file}${line ? `:${line}` : ""}` : "";
    $("banner-text").textContent = text;
  }

  say(text, time = 1200) {
    $("hint").textContent = text;
    $("hint").classList.add("on");
    clearTimeout(this.hiding);
    this.hiding = setTimeout(() => $("hint").classList.remove("on"), time);
  }
}
