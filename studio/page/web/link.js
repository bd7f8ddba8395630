// The socket to the server: JSON both ways, images from it; comes back by itself, also where a line is dead and does
// not say so (a lid was closed, another network): the server shows every few seconds that it is there.

const HEADER = 16; // bytes before an image: session u32, step u16, kind u16, number u32, repeat u32
const KINDS = ["image/jpeg", "image/webp"];
const SILENT = 12000; // milliseconds without a sign of life after which a line is dead

// A name made up at random, and kept: of this page, so that a leader who loads it again leads on ("page", of the session);
// of this browser, so that no two of its pages vote ("voter", local).
function nameFrom(storage, name) {
  try {
    const known = window[storage].getItem(name);
    if (known) return known;
    const made = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
    window[storage].setItem(name, made);
    return made;
  } catch {
    return ""; // no storage: some private windows
  }
}

export class Link {
  // hear(message), see({session, step, number, repeat, blob}), state(connected, why not)
  constructor(view, { hear, see, state }) {
    Object.assign(this, { view, hear, see, state, wait: 250 });
    this.key = new URLSearchParams(location.search).get("key") || "";
    this.page = nameFrom("sessionStorage", "page");
    this.connect();
    setInterval(() => this.check(), 1000);
    for (const kind of ["online", "pageshow"]) addEventListener(kind, () => this.check());
    document.addEventListener("visibilitychange", () => this.check());
  }

  // An address beside the page's own, whatever path leads to it.
  address(name, query) {
    const url = new URL(name, location.href);
    url.search = new URLSearchParams(query);
    return url;
  }

  connect() {
    clearTimeout(this.again);
    const voter = nameFrom("localStorage", "voter"); // asked for each time: another page may have been first
    const url = this.address("ws", { key: this.key, view: this.view, page: this.page, voter });
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.socket = socket;
    this.heard = Date.now();
    socket.binaryType = "arraybuffer";
    this.opened = false;
    socket.onopen = () => {
      this.wait = 250;
      this.opened = true;
      this.state(true);
    };
    socket.onmessage = ({ data }) => {
      this.heard = Date.now();
      if (typeof data !== "string") return this.image(data);
      const message = JSON.parse(data);
      if (message.type === "beat") this.send({ type: "here" });
      else this.hear(message);
    };
    socket.onclose = () => this.lost();
  }

  // The line is dead, though nobody has said so.
  check() {
    if (!this.socket.onclose || Date.now() - this.heard < SILENT) return;
    Object.assign(this.socket, { onopen: null, onmessage: null, onclose: null });
    this.socket.close();
    this.lost();
  }

  lost() {
    this.socket.onclose = null;
    this.state(false);
    this.again = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(4000, this.wait * 1.7);
    if (!this.opened) this.ask();
  }

  // Why the server does not let us in: the socket does not tell.
  async ask() {
    try {
      const answer = await fetch(this.address("way", { key: this.key, origin: location.origin }));
      if (answer.status === 403) this.state(false, await answer.text());
    } catch {
      // it is not there
    }
  }

  image(data) {
    const view = new DataView(data);
    const header = {
      session: view.getUint32(0),
      step: view.getUint16(4),
      kind: view.getUint16(6),
      number: view.getUint32(8),
      repeat: view.getUint32(12),
    };
    this.see({ ...header, blob: new Blob([new Uint8Array(data, HEADER)], { type: KINDS[header.kind] }) });
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
