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
  ["black", ["b", "."], "B", "black screen"],
  ["full", ["f"], "F", "full screen"],
  ["notes", ["n"], "N", "notes window"],
  ["save", ["s"], "S", "save picture, GIF, video"],
  ["help", ["?"], "?", "this list"],
  ["escape", ["Escape"], "Esc", "close"],
];

const NAMES = new Map(KEYS.flatMap(([name, keys]) => keys.map((key) => [key, name])));

export const isDigit = (key) => /^[0-9]$/.test(key);

export function keyName({ key }) {
  if (isDigit(key)) return key;
  return NAMES.get(key.length === 1 ? key.toLowerCase() : key);
}

export function listKeys() {
  return KEYS.flatMap(([, , shown, what]) => {
    const keys = shown.split("  ").flatMap((key, i) => [i ? " " : "", element("kbd", { textContent: key })]);
    return [element("dt", {}, ...keys), element("dd", { textContent: what })];
  });
}
