// The frames that this page has: encoded, by step and number; a few of them decoded.

const THINNED = 6; // frames that may be missing in between where the line is slow
const DECODED = 24;

export class Strips {
  constructor(drop) {
    this.drop = drop; // called with the steps that were forgotten
    this.limit = (navigator.deviceMemory && navigator.deviceMemory <= 4 ? 64 : 192) << 20;
    this.clear();
  }

  clear() {
    this.steps = new Map(); // step → {numbers: sorted, frames: Map number → {repeat, blob}}
    this.size = 0;
    for (const bitmap of (this.decoded || new Map()).values()) bitmap.close?.();
    this.decoded = new Map(); // "step:number" → ImageBitmap
    this.decoding = new Set();
  }

  add({ step, number, repeat, blob }, current) {
    let strip = this.steps.get(step);
    if (!strip) this.steps.set(step, (strip = { numbers: [], frames: new Map(), size: 0 }));
    if (!strip.frames.has(number)) {
      let at = strip.numbers.length;
      while (at && strip.numbers[at - 1] > number) at--;
      strip.numbers.splice(at, 0, number);
    }
    strip.frames.set(number, { repeat, blob });
    strip.size += blob.size;
    this.size += blob.size;
    if (this.size > this.limit) this.shrink(current);
  }

  shrink(current) {
    const far = [...this.steps.keys()]
      .filter((s) => Math.abs(s - current) > 2)
      .sort((a, b) => Math.abs(b - current) - Math.abs(a - current));
    const dropped = [];
    while (far.length && this.size > 0.8 * this.limit) {
      const step = far.shift();
      this.size -= this.steps.get(step).size;
      this.steps.delete(step);
      dropped.push(step);
    }
    if (dropped.length) this.drop(dropped);
  }

  // The number of the image that shows frame `at`, or null where it has not come yet.
  shows(step, at) {
    const strip = this.steps.get(step);
    if (!strip) return null;
    let low = 0,
      high = strip.numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (strip.numbers[middle] <= at) low = middle + 1;
      else high = middle;
    }
    if (!low) return null;
    const number = strip.numbers[low - 1];
    const end = number + strip.frames.get(number).repeat;
    if (at < end) return number;
    return low < strip.numbers.length && strip.numbers[low] - end < THINNED ? number : null;
  }

  // How many frames have come, for the scrubber.
  drawn(step) {
    let count = 0;
    for (const { repeat } of this.steps.get(step)?.frames.values() || []) count += repeat;
    return count;
  }

  bitmap(step, number) {
    return this.decoded.get(`${step}:${number}`);
  }

  // Decode an image and those that follow; done() when the first of them is there.
  async decode(step, number, ahead, done) {
    const strip = this.steps.get(step);
    if (!strip) return;
    const at = strip.numbers.indexOf(number);
    for (const n of strip.numbers.slice(at, at + 1 + ahead)) {
      const key = `${step}:${n}`;
      if (this.decoded.has(key) || this.decoding.has(key)) continue;
      this.decoding.add(key);
      const { decoding, decoded } = this; // of this session: a new one gets new ones
      createImageBitmap(strip.frames.get(n).blob).then(
        (bitmap) => {
          decoding.delete(key);
          if (decoded !== this.decoded) return bitmap.close();
          decoded.set(key, bitmap);
          for (const old of decoded.keys()) {
            if (decoded.size <= DECODED) break;
            decoded.get(old).close();
            decoded.delete(old);
          }
          if (n === number) done();
        },
        () => decoding.delete(key),
      );
    }
  }
}
