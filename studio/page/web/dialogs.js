// The windows over the page: list of steps, speed, saving, sharing, keys.

import { $, element } from "./dom.js";
import { listKeys } from "./keys.js";
import { SPEEDS } from "./player.js";

export class Dialogs {
  constructor(app) {
    this.app = app;
    for (const dialog of document.querySelectorAll("dialog")) {
      const close = { className: "close", textContent: "×", ariaLabel: "Close", onclick: () => dialog.close() };
      dialog.prepend(element("button", close));
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    }
    for (const button of document.querySelectorAll("[data-save]")) {
      button.addEventListener("click", () => this.save(button.dataset.save));
    }
    const speeds = SPEEDS.map((speed) =>
      element("button", { textContent: `${speed}×`, onclick: () => this.speed(speed) }),
    );
    $("speed-list").append(...speeds);
    $("keys").append(...listKeys(app.lacks));
  }

  get open() {
    return document.querySelector("dialog[open]");
  }

  toggle(name) {
    const dialog = $(`${name}-dialog`);
    if (name === "steps") this.listSteps();
    if (dialog.open) dialog.close();
    else dialog.showModal();
    dialog.querySelector("[aria-current]")?.focus();
  }

  listSteps() {
    const { steps, step: current } = this.app.player;
    const item = ({ name }, index) => {
      const button = element("button", {}, element("span", { textContent: index + 1 }), name);
      if (index === current) button.setAttribute("aria-current", "step");
      button.onclick = () => {
        $("steps-dialog").close();
        this.app.goTo(index);
      };
      return element("li", {}, button);
    };
    $("steps-list").replaceChildren(...steps.map(item));
  }

  speed(speed) {
    this.app.player.set(speed);
    for (const button of $("speed-list").children) {
      button.setAttribute("aria-pressed", button.textContent === `${speed}×`);
    }
    this.app.status.say(`Speed ${speed}×`);
  }

  share(share) {
    $("share").hidden = !share;
    if (!share) return;
    const ways = share.ways.map((way) => {
      const button = element("button", { textContent: way.over || way.url, title: way.url });
      button.onclick = () => this.way(way, button);
      return button;
    });
    $("ways").replaceChildren(...ways);
    $("ways").hidden = ways.length < 2;
    $("qr").hidden = !ways.length;
    if (ways.length) this.way(share.ways[0], ways[0]);
    else $("share-url").textContent = share.none;
  }

  // By which of its addresses this machine is reached is for the teacher to say: who watches may be in another network.
  way(way, pressed) {
    $("qr").src = way.qr;
    $("share-url").textContent = $("share-url").href = way.url;
    for (const button of $("ways").children) button.setAttribute("aria-pressed", button === pressed);
  }

  // ── saving: a line for each kind of file, which ends as a link ──────────────────────────────
  line(what) {
    return $("saved").querySelector(`[data-what=${what}]`);
  }

  save(what) {
    const { session, step, frame } = this.app.player;
    this.line(what)?.remove();
    const line = element("p", { textContent: "saving … " });
    line.dataset.what = what;
    if (what === "gif" || what === "video") line.append(element("progress"));
    $("saved").append(line);
    this.app.link.send({ type: "save", what, session, step, frame: Math.floor(frame) });
  }

  saving({ what, done, total }) {
    const bar = this.line(what)?.querySelector("progress");
    if (bar && total) Object.assign(bar, { max: total, value: done });
  }

  saved({ what, error, name, url }) {
    const line = this.line(what) ?? $("saved").appendChild(element("p"));
    delete line.dataset.what;
    line.textContent = error ?? "";
    if (error) return;
    const { key } = this.app.link;
    const href = key ? `${url}?key=${encodeURIComponent(key)}` : url;
    line.append(element("a", { textContent: `renders/${name}`, href, target: "_blank" }));
  }
}
