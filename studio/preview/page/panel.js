// What can be changed: only what this lesson and this model have, with the values that are valid.

export class Panel {
  // change(fields) asks the server
  constructor(form, ask, text, change) {
    Object.assign(this, { form, text, change });
    form.addEventListener("submit", (e) => e.preventDefault());
    ask.addEventListener("submit", (e) => {
      e.preventDefault();
      change({ text: text.value.trim() || null });
      text.blur();
    });
  }

  show(session) {
    this.session = session;
    const { about, asked, lessons, models, lesson } = session;
    if (document.activeElement !== this.text) this.text.value = about.chosen.text ?? "";
    const range = (name) => [["", `auto (${about.chosen[name]})`], ...Array.from({ length: about.sizes[name] }, (_, i) => [i, name === "token" ? `${i}  ${about.words[i]}` : i])];
    const fields = [
      lessons.length > 1 && ["lesson", "Lesson", lessons.map((l) => [l.id, l.title]), lesson],
      models.length > 1 && ["model", "Model", models.map((m) => [m, m.split("/").pop()]), about.chosen.model],
      ...["layer", "head", "token"].filter((n) => about.controls.includes(n)).map((n) => [n, n[0].toUpperCase() + n.slice(1), range(n), asked[n] ?? ""]),
      ["theme", "Theme", about.themes.map((t) => [t, t]), about.theme],
      ["aspect", "Shape", [["16:9", "16 : 9"], ["9:16", "9 : 16"], ["1:1", "1 : 1"]], about.aspect],
    ].filter(Boolean);
    const focused = document.activeElement?.name;
    this.form.replaceChildren(...fields.map((field) => this.select(...field)), ...this.numbers(about, asked));
    if (focused) this.form.elements[focused]?.focus();
  }

  select(name, label, values, value) {
    const select = Object.assign(document.createElement("select"), { name });
    select.append(...values.map(([v, words]) => new Option(words, v, false, String(v) === String(value))));
    const whole = ["layer", "head", "token"].includes(name);
    select.addEventListener("change", () => this.change({ [name]: select.value === "" ? null : whole ? Number(select.value) : select.value }));
    return this.label(label, select);
  }

  // Temperature and seed, where the lesson samples.
  numbers(about, asked) {
    const fields = [["temperature", "Temperature", 0.1, 10, 0.1, about.chosen.temperature ?? 1], ["seed", "Seed", 0, 9999, 1, asked.seed ?? 0]];
    return fields.filter(([name]) => about.controls.includes(name)).map(([name, label, min, max, step, value]) => {
      const input = Object.assign(document.createElement("input"), { type: "number", name, min, max, step, value });
      input.addEventListener("change", () => input.reportValidity() && input.value !== "" && this.change({ [name]: Number(input.value) }));
      return this.label(label, input);
    });
  }

  label(words, control) {
    const label = document.createElement("label");
    label.append(words, control);
    return label;
  }

  // A change was refused: show what is.
  back() { if (this.session) this.show(this.session); }
}
