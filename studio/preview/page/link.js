// The socket to the server: JSON both ways, images from it; comes back by itself.

const HEADER = 16; // bytes before an image: session u32, step u16, kind u16, number u32, repeat u32
const KINDS = ["image/jpeg", "image/webp"];

export class Link {
  // hear(message), see({session, step, number, repeat, blob}), state(connected)
  constructor(view, { hear, see, state }) {
    Object.assign(this, { view, hear, see, state, wait: 250 });
    this.key = new URLSearchParams(location.search).get("key") || "";
    this.connect();
  }

  connect() {
    const query = new URLSearchParams({ key: this.key, view: this.view });
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws?${query}`);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.wait = 250;
      this.state(true);
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.hear(JSON.parse(data)) : this.image(data));
    socket.onclose = () => {
      this.state(false);
      setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(4000, this.wait * 1.7);
    };
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
