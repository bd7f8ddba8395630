// The class votes: while the leader's page stands at a question, those who follow choose on theirs. Who leads sees how many
// have, and reveals for what; all see it beside the model's numbers, until the film goes on and shows it.

import { $, element } from "./dom.js";

const DWELL = 600; // milliseconds that a reveal stands at least: a clicker that is pressed twice does not skip it

export class Vote {
  constructor(app) {
    Object.assign(this, { app, poll: null });
  }

  // What is asked, as the server tells it (sessions/poll.py); null: nothing.
  hear(poll) {
    const { quiz, leads, following } = this.app;
    const reveals = poll?.revealed && !(this.poll?.revealed && this.is(poll));
    this.poll = poll;
    if (reveals) {
      this.since = performance.now();
      if (leads || following) quiz.note(poll.step, poll.mine, poll.right);
      if (following) quiz.close();
    }
    this.show(poll !== null && !reveals);
  }

  // How many have voted, or for what this browser has.
  learn(news) {
    if (!this.is(news)) return;
    Object.assign(this.poll, news);
    this.show();
  }

  is({ session, step, round }) {
    return this.poll?.session === session && this.poll.step === step && this.poll.round === round;
  }

  // Whether it stands on this page. Without a class who leads answers; who goes on alone does not vote.
  get open() {
    const { leads, mayLead, following, notes } = this.app;
    const { voters, revealed } = this.poll ?? {};
    return Boolean(this.poll) && !notes && (leads || following) && (!mayLead || voters > 0 || revealed);
  }

  get leads() {
    return this.open && this.app.leads;
  }

  reveal() {
    const { app, poll } = this;
    if (!poll || poll.revealed) app.status.say("Nothing is being voted on");
    else app.link.send({ type: "reveal", session: poll.session, step: poll.step });
  }

  // The same question once more, for a class that has talked it over: the votes so far are gone.
  again() {
    const { app, poll } = this;
    if (!poll) app.status.say("Nothing is being voted on");
    else app.link.send({ type: "again", session: poll.session, step: poll.step });
  }

  // First the votes are revealed, then the film goes on.
  goOn() {
    if (!this.poll.revealed) this.reveal();
    else if (performance.now() - this.since > DWELL) this.skip();
  }

  skip() {
    this.app.quiz.pass(this.poll.step);
  }

  choose(choice) {
    const { session, step, round, revealed } = this.poll;
    if (!revealed) this.app.link.send({ type: "vote", session, step, round, choice });
  }

  key({ key, shiftKey }) {
    if (!this.open || shiftKey) return false;
    const choice = Number(key) - 1;
    if (key === "Escape" && this.leads) this.skip();
    else if (this.poll.answers[choice] === undefined) return false;
    else if (this.app.votes) this.choose(choice);
    else this.app.status.say("The class votes: → reveals it");
    return true;
  }

  // ── on the page ─────────────────────────────────────────────────────────────────────────────
  show(fresh = false) {
    const { app, open, poll } = this;
    if (app.notes) return this.showNotes();
    const waited = fresh && poll && !app.mayLead && !app.following;
    if (waited) app.status.say("The class votes: press “Follow” to vote with it", 6000);
    const opens = open && $("vote").hidden;
    $("vote").hidden = !open;
    if (!open) {
      $("vote-answers").dataset.shown = "";
      return this.ask();
    }
    if (opens && !document.activeElement?.matches("input, select, textarea")) $("vote").focus({ preventScroll: true });
    const { revealed } = poll;
    $("vote").classList.toggle("revealed", revealed);
    $("vote").classList.toggle("leads", app.leads);
    $("vote-text").textContent = poll.text;
    $("vote-legend").hidden = !revealed;
    const shown = `${poll.session}:${poll.step}:${poll.round}:${revealed}:${app.votes}`;
    if (shown !== $("vote-answers").dataset.shown) {
      $("vote-answers").dataset.shown = shown; // what stands stays: it may have the focus, and bars grow once
      if (revealed) this.results();
      else this.choices();
    }
    if (!revealed) this.press();
    $("vote-state").replaceChildren(...this.state());
    $("vote-again").hidden = !app.leads || (!revealed && !poll.voted);
    $("vote-reveal").hidden = !app.leads;
    $("vote-reveal").replaceChildren(revealed ? "Go on " : "Reveal ", element("kbd", { textContent: revealed ? "→" : "V" }));
  }

  // The class is gone, or has never been: who leads is asked as without one.
  ask() {
    const { app, poll } = this;
    if (poll && app.leads && !poll.revealed && !app.quiz.open) app.quiz.asks(poll.step);
  }

  choices() {
    const made = this.poll.answers.map((answer, k) => {
      const number = element("kbd", { textContent: k + 1, ariaHidden: "true" });
      const button = element(this.app.votes ? "button" : "p", {}, number, element("span", { textContent: answer }));
      if (this.app.votes) button.onclick = () => this.choose(k);
      return button;
    });
    $("vote-answers").replaceChildren(...made);
  }

  press() {
    if (!this.app.votes) return;
    [...$("vote-answers").children].forEach((button, k) => button.setAttribute("aria-pressed", k === this.poll.mine));
  }

  results() {
    const { answers, compares } = this.poll;
    const model = compares ? element("i", { className: "model" }) : tick();
    $("vote-legend").replaceChildren(element("i", { className: "class" }), "the class ", model, "the model");
    $("vote-answers").replaceChildren(...answers.map((_, k) => this.row(k)));
  }

  state() {
    const { app, poll } = this;
    const { voted, voters, mine, revealed, round } = poll;
    const again = round > 1 ? ` · round ${round}` : "";
    if (revealed) return [voted === 1 ? "1 vote" : `${voted} votes`, again, ...this.mark(mine)];
    const have = ` of ${voters} ${voters === 1 ? "has" : "have"} voted${again}`;
    if (!app.votes) return [element("b", { textContent: voted }), have];
    if (mine !== null) return ["Your vote is in; you may still change it."];
    return [round > 1 ? `Choose again (round ${round}).` : "Choose one."];
  }

  // What this browser's vote has come to.
  mark(mine) {
    if (mine === null || !this.app.votes) return [];
    return [mine === this.poll.right ? " · you were right" : ` · you said ${this.poll.answers[mine]}`];
  }

  // An answer with its share of the votes and the model's number; bars where both are shares of a whole.
  row(k) {
    const { answers, counts, voted, right, mine, values, shares, compares } = this.poll;
    const share = voted ? counts[k] / voted : 0;
    const name = element("p", { className: "name" }, element("span", { textContent: answers[k] }));
    if (k === right) name.prepend(tick());
    if (k === mine && this.app.votes) name.append(element("small", { textContent: "your vote" }));
    const bars = [bar("class", share, counts[k], `${Math.round(100 * share)}%`)];
    if (compares) bars.push(bar("model", shares ? values[k] : null, written(this.poll)[k]));
    const made = element("div", { className: "choice" }, name, element("div", { className: "bars" }, ...bars));
    made.classList.toggle("right", k === right);
    made.classList.toggle("mine", k === mine);
    return made;
  }

  // The speaker's window, which the class does not see, shows the votes as they come.
  showNotes() {
    const { poll } = this;
    const polled = document.querySelector(".polled");
    polled.hidden = !poll || (poll.voters === 0 && !poll.revealed);
    if (polled.hidden) return;
    const line = (answer, k) => element("li", {}, element("b", { textContent: poll.counts?.[k] ?? 0 }), answer);
    $("polled").replaceChildren(...poll.answers.map(line));
    const how = poll.revealed ? "revealed: → goes on" : "→ or V reveals, G votes again";
    const round = poll.round > 1 ? ` in round ${poll.round}` : "";
    $("polled-state").textContent = `${poll.voted} of ${poll.voters} have voted${round}; ${how}`;
  }
}

// share: of the bar's whole length, null for none; said: what is written at its end, and softly beside it.
function bar(of, share, said, beside = "") {
  const drawn = element("i", { className: of });
  drawn.style.setProperty("--share", share ?? 0);
  const text = element("span", { textContent: said }, beside ? element("small", { textContent: ` ${beside}` }) : "");
  return element("div", { className: share === null ? "bar bare" : "bar" }, drawn, text);
}

const tick = () => element("b", { className: "tick", textContent: "✓", title: "right" });

// The model's numbers with as many decimals as tell them apart, three more than usual at most.
function written({ values, shares, signed }) {
  const [scale, unit, least] = shares ? [100, "%", 0] : [1, "", 2];
  const one = (value, decimals) => {
    if (value === null) return "";
    const text = (scale * value).toFixed(decimals).replace("-", "−");
    return `${signed && value > 0 ? "+" : ""}${text}${unit}`;
  };
  for (let decimals = least; ; decimals++) {
    const all = values.map((value) => one(value, decimals));
    if (decimals === least + 3 || new Set(all).size === all.length) return all;
  }
}
