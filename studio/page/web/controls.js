// What is pressed: keys and buttons do the same things under the same names.

import { $ } from "./dom.js";
import { isDigit, keyName } from "./keys.js";
import { SPEEDS } from "./player.js";

const IDLE = 2500; // milliseconds without a move until the pointer and the bar hide in full screen
// What the keys of the speaker's window do on the stage.
const ON_STAGE = new Set("next back play home end replay black loop auto slower faster vote again".split(" "));
const GOES_ON = new Set(["next", "play"]); // without an answer
const LIGHTS_UP = new Set(["next", "back", "play"]); // a black stage

export class Controls {
  constructor(app) {
    this.app = app;
    this.moves = this.allMoves(app);
    this.actions = this.allActions(app);
    this.wireButtons();
    this.wireDocument();
    this.arrange();
  }

  // What changes the place.
  allMoves({ player, status }) {
    return {
      next: () => player.next(),
      back: () => player.back(),
      home: () => player.go(0),
      end: () => player.go(1e3, Infinity, false),
      replay: () => player.replay(),
      play: () => player.toggle() || status.say("End of the step: → goes on, R plays it again"),
    };
  }

  allActions({ reader, dialogs }) {
    const leading = (action) => () => this.app.mayLead && action();
    return {
      black: () => this.black(),
      loop: () => this.flip("loop", "Loop"),
      auto: () => this.flip("auto", "Going on without stopping"),
      captions: () => this.flipCaptions(),
      quiz: () => this.flipQuestions(),
      vote: () => this.app.vote?.reveal(),
      again: () => this.app.vote?.again(),
      slower: () => this.speed(-1),
      faster: () => this.speed(1),
      full: () => this.fullScreen(),
      notes: () => this.openNotes(),
      text: leading(() => this.typeText()),
      options: leading(() => this.togglePanel()),
      save: leading(() => dialogs.toggle("take")),
      read: () => reader.byKey(),
      escape: () => this.escape(),
      ...Object.fromEntries(["help", "steps", "share", "speed"].map((name) => [name, () => dialogs.toggle(name)])),
    };
  }

  press(key) {
    const { app } = this;
    if (app.lacks?.has(key)) return;
    if (app.notes && !app.leads && (isDigit(key) || ON_STAGE.has(key))) return app.link.send({ type: "remote", key });
    if (app.status.black && LIGHTS_UP.has(key)) app.status.showBlack(false);
    if (app.vote?.leads && GOES_ON.has(key)) return app.vote.goOn();
    if (app.quiz.open && GOES_ON.has(key)) return app.quiz.pass();
    if (isDigit(key)) app.goTo((Number(key) || 10) - 1);
    else if (key in this.moves) app.move(this.moves[key]);
    else this.actions[key]?.();
  }

  // ── what they do ────────────────────────────────────────────────────────────────────────────
  black() {
    const { player, status } = this.app;
    status.showBlack(!status.black);
    if (status.black) player.playing = false;
    player.changed("black");
  }

  flip(name, words) {
    const { player, status } = this.app;
    player[name] = !player[name];
    $(name).checked = player[name];
    status.say(`${words}: ${player[name] ? "on" : "off"}`);
  }

  flipCaptions() {
    $("caption").hidden = !$("caption").hidden;
    $("captions").checked = !$("caption").hidden;
  }

  flipQuestions() {
    const { quiz, status } = this.app;
    quiz.turn(!quiz.on);
    $("asking").checked = quiz.on;
    status.say(`Questions: ${quiz.on ? "on" : "off"}`);
  }

  speed(by) {
    const at = SPEEDS.findIndex((speed) => speed >= this.app.player.speed);
    this.app.dialogs.speed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))]);
  }

  typeText() {
    $("text").focus();
    $("text").select();
  }

  togglePanel() {
    const panel = $("panel");
    panel.hidden = !panel.hidden;
    $("change").setAttribute("aria-expanded", !panel.hidden);
    if (!panel.hidden) panel.querySelector("select, input")?.focus();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => this.app.status.say("Not allowed here", 3000));
  }

  openNotes() {
    const url = new URL(location.href);
    url.searchParams.set("view", "notes");
    open(url, "clearhead-notes", "popup,width=1280,height=760");
  }

  escape() {
    this.app.reader.close();
    if (this.app.status.black) this.press("black");
    if (!$("panel").hidden) this.togglePanel();
  }

  // ── where they are ──────────────────────────────────────────────────────────────────────────
  wireButtons() {
    const { app } = this;
    for (const button of document.querySelectorAll("[data-press]")) {
      button.addEventListener("click", () => this.press(button.dataset.press));
    }
    $("follow").addEventListener("click", () => app.follow());
    $("lead").addEventListener("click", () => app.link.send({ type: "lead" }));
    $("captions").addEventListener("change", () => this.flipCaptions());
    $("asking").addEventListener("change", () => this.flipQuestions());
    $("quizzing").hidden = app.lacks?.has("quiz") ?? false;
    for (const name of ["loop", "auto"]) {
      $(name).addEventListener("change", () => {
        app.player[name] = $(name).checked;
      });
    }
  }

  wireDocument() {
    document.addEventListener("keydown", (event) => this.key(event));
    // So that Space pauses after a click.
    document.addEventListener("pointerup", (event) => event.target.closest?.("button")?.blur());
    document.addEventListener("fullscreenchange", () =>
      document.body.classList.toggle("full", Boolean(document.fullscreenElement)),
    );
    for (const kind of ["pointermove", "keydown", "focusin"]) document.addEventListener(kind, () => this.awake());
    this.awake();
  }

  // The speaker's window has its own arrangement; a telephone held upright shows captions.
  arrange() {
    const { notes } = this.app;
    document.body.classList.toggle("speaker", notes);
    $("speaker").hidden = !notes;
    if (!notes && matchMedia("(max-width: 800px) and (orientation: portrait)").matches) this.flipCaptions();
  }

  awake() {
    document.body.classList.remove("idle");
    clearTimeout(this.sleeping);
    this.sleeping = setTimeout(() => document.body.classList.add("idle"), IDLE);
  }

  key(event) {
    const { target } = event;
    const { dialogs, reader, timeline } = this.app;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("input:not([type=checkbox]), select, textarea")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (dialogs.open) {
      if (keyName(event) === "help") $("help-dialog").close();
      return;
    }
    if (target.matches("button, a, [type=checkbox]") && (event.key === " " || event.key === "Enter")) return;
    if (this.app.vote?.key(event)) return event.preventDefault();
    if (this.app.quiz.key(event) || reader.key(event) || timeline.key(event)) return event.preventDefault();
    const key = keyName(event);
    if (!key) return;
    event.preventDefault();
    this.press(key);
  }
}
