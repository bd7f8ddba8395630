// The page: connects the player, the socket and everything that can be pressed.

import { keepAwake } from "./awake.js";
import { Controls } from "./controls.js";
import { Dialogs } from "./dialogs.js";
import { $ } from "./dom.js";
import { Learning } from "./learning.js";
import { Link } from "./link.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";
import { Quiz } from "./quiz.js";
import { Reader } from "./reader.js";
import { Speaker } from "./speaker.js";
import { Status } from "./status.js";
import { Strips } from "./strips.js";
import { Timeline } from "./timeline.js";
import { Vote } from "./vote.js";

const notes = new URLSearchParams(location.search).get("view") === "notes";
const TELL = 500; // milliseconds between two messages about where the leader is while it plays
const PAUSE = 50; // at least, between any two: the server shuts out who says more

class App {
  constructor() {
    this.notes = notes; // the speaker's window
    this.leads = this.mayLead = false;
    this.following = true; // when another page leads
    this.told = -Infinity; // when we last said where we are
    this.strips = new Strips((steps) => this.link.send({ type: "drop", session: this.player.session, steps }));
    this.player = new Player($("picture"), this.strips, {
      changed: (why) => this.changed(why),
      stilled: () => this.status.say("Your system asks for less motion, so each step is a still picture. R plays it.", 8000),
      drawn: () => this.drawn(),
      asks: (step) => !this.votes && !notes && this.quiz.asks(step),
    });
    const opened = (step) => this.leads && this.link.send({ type: "ask", session: this.player.session, step });
    this.quiz = new Quiz(this.player, (step) => this.goOn(step), opened);
    this.vote = new Vote(this);
    this.status = new Status(this.player, notes, this.quiz);
    const jump = (step, frame, playing) => this.move(() => this.player.go(step, frame, playing));
    this.timeline = new Timeline($("scrubber"), this.player, this.strips, jump);
    const ask = (message) => this.link.send(message);
    this.reader = new Reader(this.player, ask, () => this.controls.press("next"));
    this.learning = new Learning(ask);
    this.panel = new Panel((fields) => this.change(fields));
    this.speaker = notes ? new Speaker(this.player, this.strips) : null;
    this.link = new Link(notes ? "notes" : "stage", {
      hear: (message) => this[`on_${message.type}`]?.(message),
      see: (image) => this.see(image),
      state: (on, why) => this.connected(on, why),
    });
    this.dialogs = new Dialogs(this);
    this.controls = new Controls(this);
    setInterval(() => this.beat(), TELL);
  }

  // ── from the server ─────────────────────────────────────────────────────────────────────────
  on_welcome({ may_lead, share }) {
    this.mayLead = may_lead;
    this.leads = false; // also after a break, when another may lead by now: who leads is told next
    this.following = true;
    this.dialogs.share(share);
    for (const id of ["ask", "change", "take"]) $(id).hidden = !may_lead;
    this.status.roles(this);
  }

  // One of the class: it is asked when the leader's page is, and votes.
  get votes() {
    return !this.mayLead && this.following;
  }

  on_role({ leads }) {
    this.leads = leads;
    this.following = !leads;
    this.status.roles(this);
    this.vote.show();
  }

  on_session(message) {
    const first = this.player.session === 0;
    const { step, frame, playing, speed, black } = message.place;
    this.player.open(message);
    this.reader.close();
    this.quiz.forget();
    this.vote.hear(null);
    if (!this.leads) this.status.showBlack(black);
    this.panel.show(message);
    this.status.dress(message);
    this.player.speed = speed;
    this.player.moved = first && frame > 0;
    this.player.go(step, frame, playing);
    this.timeline.build();
    if (message.banner === null) this.status.banner(null);
  }

  on_step({ session, step, planned }) {
    if (session !== this.player.session) return;
    this.player.learn(step, planned);
    this.timeline.build();
    this.status.where();
    if (this.player.steps[this.player.step]) this.speaker?.step(); // what comes next may only now be known
  }

  on_at(place) {
    if (place.session !== this.player.session || this.leads || !this.following) return;
    this.status.showBlack(place.black);
    this.player.follow(place);
  }

  on_preparing({ on }) {
    this.status.preparing = on;
    this.status.waiting();
  }

  on_refused({ text }) {
    this.status.say(text, 6000);
    this.panel.back();
  }

  on_people({ watching }) {
    $("people").textContent = watching === 1 ? "1 page watches." : `${watching} pages watch.`;
  }

  on_poll({ poll }) {
    this.vote.hear(poll);
  }

  on_tally(message) {
    this.vote.learn(message);
  }

  on_voted({ choice, ...where }) {
    this.vote.learn({ ...where, mine: choice });
  }

  on_readings(message) {
    this.reader.hear(message);
  }

  on_remote({ key, step }) {
    if (key === "go") this.player.go(step);
    else this.controls.press(key);
  }

  on_banner(message) {
    this.status.banner(message);
  }

  on_learning(message) {
    this.learning.hear(message);
  }

  on_saving(message) {
    this.dialogs.saving(message);
  }

  on_saved(message) {
    this.dialogs.saved(message);
    this.status.say(message.error ?? `Saved renders/${message.name}`, 5000);
  }

  see(image) {
    if (image.session !== this.player.session) return;
    this.strips.add(image, this.player.step);
    this.timeline.dirty = true;
    this.speaker?.see(image);
  }

  connected(on, why) {
    if (on) this.player.session = 0;
    this.status.connected(on, why);
  }

  // ── to the server ───────────────────────────────────────────────────────────────────────────
  change(fields) {
    this.link.send({ type: "change", ...fields });
  }

  changed(why) {
    this.quiz.moved();
    this.status.playing();
    if (this.status.where()) this.speaker?.step();
    this.timeline.dirty = true;
    this.reader.moved();
    if (why !== "follow") this.tell();
  }

  // Who follows is where the leader is. A scrubber that is dragged moves far more often than others need to know;
  // the last place always arrives.
  tell() {
    clearTimeout(this.telling);
    const { session, step, frame, playing, speed } = this.player;
    if (!session || (!this.leads && this.following)) return;
    const wait = this.told + PAUSE - performance.now();
    if (wait > 0) {
      this.telling = setTimeout(() => this.tell(), wait);
      return;
    }
    const place = { session, step, frame: Math.min(Math.floor(frame), 1e6) };
    this.told = performance.now();
    if (this.leads) this.link.send({ type: "at", ...place, playing, speed, black: this.status.black });
    else this.link.send({ type: "place", ...place });
  }

  beat() {
    this.player.tick(); // time goes on where nothing is painted: a window that is covered, or small
    if (this.player.playing) this.tell();
    this.status.waiting();
  }

  // ── moving ──────────────────────────────────────────────────────────────────────────────────
  // A viewer who moves goes on alone; the speaker's window moves the stage.
  move(action) {
    if (!this.leads && !notes) {
      this.following = false;
      this.status.roles(this);
      this.vote.show();
    }
    action();
  }

  // A question has been answered: who follows waits for the leader's film.
  goOn(step) {
    if (this.leads || !this.following) this.player.go(step);
  }

  goTo(step) {
    if (notes && !this.leads) this.link.send({ type: "remote", key: "go", step });
    else this.move(() => this.player.go(step));
  }

  follow() {
    this.following = true;
    this.status.roles(this);
    this.vote.show();
    this.link.send({ type: "follow" });
  }

  drawn() {
    document.body.dataset.shown = this.player.shown.key;
    this.timeline.dirty = true;
    this.status.caption();
    this.reader.drawn();
  }
}

window.clearhead = new App();
keepAwake();
