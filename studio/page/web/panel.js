// What can be changed: the fields that the server says this lesson and this model have, with the values that are valid.

import { $, element } from "./dom.js";
import { Words } from "./words.js";

export class Panel {
  // change(fields) asks the server
  constructor(change) {
    Object.assign(this, { form: $("panel"), text: $("text"), change, session: null });
    this.words = new Words(this.text, $("known"));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    $("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      change({ text: this.text.value.trim() ? this.text.value : null }); // blanks at its ends are read, too
      this.text.blur();
    });
  }

  show(session) {
    this.session = session;
    if (document.activeElement !== this.text) this.text.value = session.about.chosen.text ?? "";
    this.words.know(session.about.words);
    const focused = document.activeElement?.name;
    const control = (field) => (field.values ? this.select(field) : field.typed ? this.typed(field) : this.number(field));
    this.form.replaceChildren(...session.fields.map((field) => element("label", {}, field.label, control(field))));
    if (focused) this.form.elements[focused]?.focus();
  }

  select({ name, values, value }) {
    const select = element("select", { name });
    select.append(...values.map(([v, words]) => new Option(words, v ?? "", false, v === value)));
    select.addEventListener("change", () => this.change({ [name]: values[select.selectedIndex][0] }));
    return select;
  }

  number({ name, value, auto, least, most, whole }) {
    const range = { min: least, max: most, step: whole ? 1 : 0.1, required: !auto, placeholder: auto ? "auto" : "" };
    const input = element("input", { type: "number", name, ...range, value: value ?? "" });
    input.addEventListener("change", () => {
      if (input.reportValidity()) this.change({ [name]: input.value === "" ? null : Number(input.value) });
    });
    return input;
  }

  typed({ name, value }) {
    const input = element("input", { name, value: value ?? "", placeholder: "auto", maxLength: 400, autocomplete: "off" });
    input.addEventListener("change", () => this.change({ [name]: input.value.trim() || null }));
    return input;
  }

  // A change was refused: show what is.
  back() {
    if (this.session) this.show(this.session);
  }
}
