// What the keys do: as people know them from slides and video players.

import { element } from "./dom.js";

export const KEYS = [
  ["next", ["ArrowRight", "PageDown", "Enter"], "→  PgDn", "next step"],
  ["back", ["ArrowLeft", "PageUp", "Backspace"], "←  PgUp", "back one step"],
  ["play", [" "], "Space", "pause, go on"],
  ["replay", ["r"], "R", "play the step again"],
  ["home", ["Home"], "Home", "first step"],
  ["end", ["End"], "End", "last picture"],
  ["steps", ["m"], "M", "list of steps"],
  ["", [], "1 … 9", "go to that step"],
  ["slower", ["<", "-"], "<  −", "slower"],
  ["faster", [">", "+"], ">  +", "faster"],
  ["loop", ["l"], "L", "loop the step"],
  ["auto", ["a"], "A", "go on without stopping"],
  ["text", ["t"], "T", "text box"],
  ["options", ["o"], "O", "lesson, layer, head, theme …"],
  ["read", ["i"], "I", "read the numbers by keyboard"],
  ["captions", ["c"], "C", "caption below the picture"],
  ["quiz", ["q"], "Q", "ask questions, or not"],
  ["vote", ["v"], "V", "reveal the class’s votes"],
  ["again", ["g"], "G", "the class votes again"],
  ["black", ["b", "."], "B", "black screen"],
  ["full", ["f"], "F", "full screen"],
  ["notes", ["n"], "N", "notes window"],
  ["save", ["s"], "S", "save picture, GIF, video"],
  ["help", ["?"], "?", "this list"],
  ["escape", ["Escape"], "Esc", "close"],
];

const NAMES = new Map(KEYS.flatMap(([name, keys]) => keys.map((key) => [key, name])));

export const isDigit = (key) => /^[0-9]$/.test(key);

const named = (key) => (isDigit(key) ? key : NAMES.get(key.length === 1 ? key.toLowerCase() : key));

// What a key is called by what it says; on keyboards of other scripts, and where it says nothing, by its place.
export function keyName({ key, code = "", shiftKey = false }) {
  return named(key) ?? (/^[a-z]$/i.test(key) ? undefined : named(atPlace(key, code, shiftKey)));
}

// What the key there says on a keyboard with Latin letters (US).
function atPlace(key, code, shifted) {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return /\p{L}/u.test(key) || key.length > 1 ? letter : "";
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1];
  if (digit) return shifted ? "" : digit;
  const signs = { Comma: ",<", Period: ".>", Minus: "-_", Equal: "=+", Slash: "/?" }[code];
  return signs?.[shifted ? 1 : 0] ?? "";
}

// All but those that do nothing here.
export function listKeys(lacking = new Set()) {
  return KEYS.filter(([name]) => !lacking.has(name)).flatMap(([, , shown, what]) => {
    const keys = shown.split("  ").flatMap((key, i) => [i ? " " : "", element("kbd", { textContent: key })]);
    return [element("dt", {}, ...keys), element("dd", { textContent: what })];
  });
}
