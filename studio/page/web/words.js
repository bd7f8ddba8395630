// The words that a model knows, offered below the text box as its last word is typed; the browser's own list, so that
// arrows and Enter choose from it.

import { element } from "./dom.js";

const MOST = 8; // words that are offered

export class Words {
  constructor(box, list) {
    Object.assign(this, { box, list, words: [] });
    box.addEventListener("input", () => this.offer());
  }

  // words: in order of frequency; none of a model that reads any text in pieces
  know(words = []) {
    this.words = words;
    this.offer();
  }

  offer() {
    const begun = this.box.value.match(/[\p{L}\p{N}'’-]*$/u)[0];
    const text = this.box.value;
    const found = begun ? this.words.filter((word) => continues(word, begun)).slice(0, MOST) : [];
    this.list.replaceChildren(...found.map((word) => element("option", { value: text + word.slice(begun.length) })));
  }
}

function continues(word, begun) {
  return word.length > begun.length && word.toLowerCase().startsWith(begun.toLowerCase());
}
