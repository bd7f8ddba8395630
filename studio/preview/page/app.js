// The page: connects the player, the socket and everything that can be pressed.

import { keyName, listKeys } from "./keys.js";
import { Link } from "./link.js";
import { Panel } from "./panel.js";
import { Player, SPEEDS } from "./player.js";
import { Reader } from "./reader.js";
import { Speaker } from "./speaker.js";
import { Strips } from "./strips.js";
import { Timeline } from "./timeline.js";

const $ = (id) => document.getElementById(id);
const notes = new URLSearchParams(location.search).get("view") === "notes";
const TELL = 500; // milliseconds between two messages about where the leader is while it plays
const PAUSE = 50; // at least, between any two: the server shuts out who says more

class App {
  constructor() {
    this.leads = this.mayLead = this.black = false;
    this.following = true; // when another page leads
    this.told = -Infinity; // when we last said where we are
    this.strips = new Strips((steps) => this.link.send({ type: "drop", session: this.player.session, steps }));
    this.player = new Player($("picture"), this.strips, { changed: (why) => this.changed(why), drawn: () => this.drawn() });
    this.timeline = new Timeline($("scrubber"), this.player, this.strips, (step, frame, playing) => this.move(() => this.player.go(step, frame, playing)));
    this.reader = new Reader(this.player, (message) => this.link.send(message), () => this.press("next"));
    this.panel = new Panel($("panel"), $("ask"), $("text"), (fields) => this.change(fields));
    this.speaker = notes ? new Speaker(this.player, this.strips) : null;
    this.link = new Link(notes ? "notes" : "stage", { hear: (m) => this[`on_${m.type}`]?.(m), see: (image) => this.see(image), state: (on) => this.connected(on) });
    this.wire();
    setInterval(() => this.beat(), TELL);
  }

  // ── from the server ─────────────────────────────────────────────────────────────────────────
  on_welcome({ may_lead, share }) {
    this.mayLead = may_lead;
    this.leads = false; // also after a break, when another may lead by now: who leads is told next
    this.following = true;
    $("share").hidden = !share;
    if (share) {
      $("qr").src = share.qr;
      $("share-url").textContent = $("share-url").href = share.url;
    }
    for (const id of ["ask", "change", "take"]) $(id).hidden = !may_lead;
    this.roles();
  }

  on_role({ leads }) { this.leads = leads; this.following = !leads; this.roles(); }

  on_session(message) {
    const before = this.player.session;
    this.player.open(message);
    this.reader.close();
    this.showBlack(this.leads ? this.black : message.place.black);
    this.panel.show(message);
    document.documentElement.style.setProperty("--ratio", message.about.width / message.about.height);
    document.documentElement.style.setProperty("--stage", message.about.background);
    const { step, frame, playing } = message.place;
    this.player.speed = message.place.speed;
    this.player.moved = before === 0 && frame > 0;
    this.player.go(step, frame, playing);
    this.timeline.build();
    document.title = `${message.lessons.find((l) => l.id === message.lesson)?.title ?? "Clearhead"} · Clearhead`;
    if (message.banner === null) this.on_banner(null);
  }

  on_step({ session, step, planned }) {
    if (session !== this.player.session) return;
    if (step) this.player.steps[step.index] = step;
    this.player.planned = planned;
    if (this.player.step === step?.index && step.frames !== null) this.player.frame = Math.min(this.player.frame, step.frames - 1);
    const { wanted, steps } = this.player;
    if (wanted && (planned || wanted[0] < steps.length)) this.player.go(...wanted);
    this.timeline.build();
    this.where();
    if (this.player.steps[this.player.step]) this.speaker?.step(); // what comes next may only now be known
  }

  on_at(place) {
    if (place.session !== this.player.session || this.leads) return;
    this.leaderPlace = { ...place, when: performance.now() };
    if (!this.following) return;
    this.showBlack(place.black);
    this.player.follow(place);
  }

  on_preparing({ on }) { this.preparing = on; this.showWaiting(); }
  on_refused({ text }) { this.say(text, 6000); this.panel.back(); }
  on_people({ watching }) { $("people").textContent = watching === 1 ? "1 page watches." : `${watching} pages watch.`; }
  on_readings(message) { this.reader.hear(message); }
  on_remote({ key, step }) { key === "go" ? this.player.go(step) : this.press(key); }

  on_banner(message) {
    $("banner").hidden = message === null;
    if (message === null) return;
    $("banner-where").textContent = message.file ? `${message.file}${message.line ? `:${message.line}` : ""}` : "";
    $("banner-text").textContent = message.text;
  }

  on_saving({ what, done, total }) {
    const bar = $("saved").querySelector(`[data-what=${what}] progress`);
    if (bar && total) Object.assign(bar, { max: total, value: done });
  }

  on_saved({ what, error, name, url }) {
    const line = $("saved").querySelector(`[data-what=${what}]`) ?? $("saved").appendChild(document.createElement("p"));
    line.removeAttribute("data-what");
    line.textContent = error ?? "";
    if (!error) {
      const link = line.appendChild(document.createElement("a"));
      Object.assign(link, { textContent: `renders/${name}`, href: this.link.key ? `${url}?key=${encodeURIComponent(this.link.key)}` : url, target: "_blank" });
    }
    this.say(error ?? `Saved renders/${name}`, 5000);
  }

  see(image) {
    if (image.session !== this.player.session) return;
    this.strips.add(image, this.player.step);
    this.timeline.dirty = true;
    this.speaker?.see(image);
  }

  connected(on) {
    this.online = on;
    this.showWaiting();
    if (on) [this.player.session, this.been] = [0, true];
  }

  // ── to the server ───────────────────────────────────────────────────────────────────────────
  change(fields) {
    this.link.send({ type: "change", ...fields });
  }

  changed(why) {
    document.body.classList.toggle("playing", this.player.playing);
    $("speed").textContent = `${this.player.speed}×`;
    this.stalled = this.player.stalled;
    this.showWaiting();
    $("play").setAttribute("aria-label", this.player.playing ? "Pause" : "Play");
    this.where();
    this.timeline.dirty = true;
    this.reader.moved();
    if (why !== "follow") this.tell();
  }

  // A scrubber that is dragged moves far more often than others need to know; the last place always arrives.
  tell() {
    clearTimeout(this.telling);
    const wait = this.told + PAUSE - performance.now();
    if (wait > 0) { this.telling = setTimeout(() => this.tell(), wait); return; }
    const { session, step, frame, playing, speed } = this.player;
    if (!session) return;
    const place = { session, step, frame: Math.min(Math.floor(frame), 1e6) };
    this.told = performance.now();
    if (this.leads) this.link.send({ type: "at", ...place, playing, speed, black: this.black });
    else this.link.send({ type: "place", ...place });
  }

  beat() {
    if (this.player.playing) this.tell();
    if (this.player.stalled !== this.stalled) { this.stalled = this.player.stalled; this.showWaiting(); }
  }

  // ── what is shown ───────────────────────────────────────────────────────────────────────────
  drawn() {
    document.body.dataset.shown = this.player.shown.key;
    this.timeline.dirty = true;
    this.reader.drawn();
  }

  where() {
    const { step, steps } = this.player;
    const now = steps[step];
    if (!now) return;
    $("where").replaceChildren(Object.assign(document.createElement("b"), { textContent: `${step + 1} / ${steps.length}${this.player.planned ? "" : "…"}` }), now.name);
    if (this.captioned === `${this.player.session}:${step}`) return;
    this.captioned = `${this.player.session}:${step}`;
    $("caption").textContent = now.caption;
    $("spoken").textContent = `Step ${step + 1}, ${now.name}. ${now.caption}`;
    $("picture").setAttribute("aria-label", `${now.name}: ${now.caption}`);
    this.speaker?.step();
  }

  roles() {
    $("lead").hidden = this.leads || !this.mayLead || notes;
    $("follow").hidden = this.leads || this.following || notes;
    document.body.classList.toggle("viewer", !this.mayLead);
  }

  showBlack(on) { this.black = on; $("black").hidden = !on || notes; }

  showWaiting() {
    const lost = this.been ? "no connection" : "no connection: is the address complete, with its key?";
    const text = this.online === false ? lost : this.preparing ? "preparing" : this.stalled || !this.player.session ? "drawing" : "";
    $("waiting").hidden = !text;
    $("waiting-text").textContent = text;
  }

  say(text, time = 1200) {
    $("hint").textContent = text;
    $("hint").classList.add("on");
    clearTimeout(this.hinted);
    this.hinted = setTimeout(() => $("hint").classList.remove("on"), time);
  }

  // ── what is pressed ─────────────────────────────────────────────────────────────────────────
  // A viewer who moves goes on alone; the speaker's window moves the stage.
  move(action) {
    if (!this.leads && !notes) { this.following = false; this.roles(); }
    action();
  }

  press(key) {
    if (notes && !this.leads && ["next", "back", "play", "home", "end", "replay", "black", "loop", "auto", "slower", "faster"].includes(key)) return this.link.send({ type: "remote", key });
    if (notes && /^[0-9]$/.test(key)) return this.link.send({ type: "remote", key });
    const { player } = this;
    if (this.black && ["next", "back", "play"].includes(key)) this.showBlack(false);
    if (/^[0-9]$/.test(key)) return this.move(() => player.go((Number(key) || 10) - 1));
    const moves = { next: () => player.next(), back: () => player.back(), home: () => player.go(0), end: () => player.go(1e3, Infinity, false), replay: () => player.replay(), play: () => player.toggle() || this.say("End of the step: → goes on, R plays it again") };
    if (moves[key]) return this.move(moves[key]);
    const others = {
      black: () => { this.showBlack(!this.black); if (this.black) player.playing = false; player.changed("black"); },
      loop: () => this.flip("loop", "Loop"), auto: () => this.flip("auto", "Going on without stopping"), captions: () => this.flipCaptions(),
      slower: () => this.speed(-1), faster: () => this.speed(1),
      full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
      notes: () => this.openNotes(), text: () => this.mayLead && ($("text").focus(), $("text").select()),
      help: () => this.dialog("help"), steps: () => this.dialog("steps"), save: () => this.mayLead && this.dialog("take"), share: () => this.dialog("share"),
      options: () => this.mayLead && this.togglePanel(), read: () => this.reader.byKey(),
      escape: () => { this.reader.close(); if (this.black) this.press("black"); if (!$("panel").hidden) this.togglePanel(); },
    };
    others[key]?.();
  }

  flip(name, words) {
    this.player[name] = !this.player[name];
    $(name).checked = this.player[name];
    this.say(`${words}: ${this.player[name] ? "on" : "off"}`);
  }

  flipCaptions() {
    $("caption").hidden = !$("caption").hidden;
    $("captions").checked = !$("caption").hidden;
  }

  speed(by) {
    const at = SPEEDS.findIndex((s) => s >= this.player.speed);
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))]);
  }

  setSpeed(speed) {
    this.player.set(speed);
    $("speed").textContent = `${speed}×`;
    for (const button of $("speed-list").children) button.setAttribute("aria-pressed", button.textContent === `${speed}×`);
    this.say(`Speed ${speed}×`);
  }

  togglePanel() {
    $("panel").hidden = !$("panel").hidden;
    $("change").setAttribute("aria-expanded", !$("panel").hidden);
    if (!$("panel").hidden) $("panel").querySelector("select, input")?.focus();
  }

  openNotes() {
    const url = new URL(location.href);
    url.searchParams.set("view", "notes");
    open(url, "clearhead-notes", "popup,width=1280,height=760");
  }

  dialog(name) {
    const dialog = $(`${name}-dialog`);
    if (name === "steps") this.listSteps();
    if (dialog.open) dialog.close(); else dialog.showModal();
    dialog.querySelector("[aria-current]")?.focus();
  }

  listSteps() {
    $("steps-list").replaceChildren(...this.player.steps.map((step, index) => {
      const item = document.createElement("li"), button = item.appendChild(document.createElement("button"));
      button.append(Object.assign(document.createElement("span"), { textContent: index + 1 }), step.name);
      if (index === this.player.step) button.setAttribute("aria-current", "step");
      button.onclick = () => { $("steps-dialog").close(); notes && !this.leads ? this.link.send({ type: "remote", key: "go", step: index }) : this.move(() => this.player.go(index)); };
      return item;
    }));
  }

  save(what) {
    const { session, step, frame } = this.player;
    $("saved").querySelector(`[data-what=${what}]`)?.remove();
    const line = $("saved").appendChild(Object.assign(document.createElement("p"), { textContent: "saving … " }));
    line.dataset.what = what;
    if (what !== "picture") line.appendChild(document.createElement("progress"));
    this.link.send({ type: "save", what, session, step, frame: Math.floor(frame) });
  }

  wire() {
    if (notes) document.body.classList.add("speaker");
    else if (matchMedia("(max-width: 800px) and (orientation: portrait)").matches) this.flipCaptions();
    $("speaker").hidden = !notes;
    const buttons = { back: "back", play: "play", next: "next", steps: "steps", change: "options", take: "save", share: "share", help: "help", full: "full" };
    for (const [id, key] of Object.entries(buttons)) $(id).addEventListener("click", () => this.press(key));
    $("speed").addEventListener("click", () => this.dialog("speed"));
    $("follow").addEventListener("click", () => { this.following = true; this.roles(); if (this.leaderPlace) this.on_at(this.leaderPlace); });
    $("lead").addEventListener("click", () => this.link.send({ type: "lead" }));
    $("banner-close").addEventListener("click", () => this.on_banner(null));
    for (const name of ["loop", "auto"]) $(name).addEventListener("change", () => { this.player[name] = $(name).checked; });
    $("captions").addEventListener("change", () => this.flipCaptions());
    $("speed-list").append(...SPEEDS.map((s) => Object.assign(document.createElement("button"), { textContent: `${s}×`, onclick: () => this.setSpeed(s) })));
    for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => this.save(button.dataset.save));
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("click", (e) => e.target === dialog && dialog.close());
      const close = Object.assign(document.createElement("button"), { className: "close", textContent: "×", ariaLabel: "Close", onclick: () => dialog.close() });
      dialog.prepend(close);
    }
    $("keys").append(...listKeys());
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("pointerup", (event) => event.target.closest?.("button")?.blur()); // so that Space pauses after a click
    document.addEventListener("fullscreenchange", () => document.body.classList.toggle("full", !!document.fullscreenElement));
    for (const kind of ["pointermove", "keydown", "focusin"]) document.addEventListener(kind, () => this.awake());
    this.awake();
  }

  awake() {
    document.body.classList.remove("idle");
    clearTimeout(this.idle);
    this.idle = setTimeout(() => document.body.classList.add("idle"), 2500);
  }

  key(event) {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("input:not([type=checkbox]), select, textarea")) { if (event.key === "Escape") target.blur(); return; }
    if (document.querySelector("dialog[open]")) { if (event.key === "?") $("help-dialog").close(); return; }
    if (target.matches("button, a, [type=checkbox]") && (event.key === " " || event.key === "Enter")) return;
    if (this.reader.key(event) || this.timeline.key(event)) return event.preventDefault();
    const key = keyName(event);
    if (!key) return;
    event.preventDefault();
    this.press(key);
  }
}

window.clearhead = new App();
