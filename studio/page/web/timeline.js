// The scrubber: a bar for each step, as long as the step lasts; how much of it is drawn, and where we are.

export class Timeline {
  // go(step, frame, playing)
  constructor(element, player, strips, go) {
    Object.assign(this, { element, player, strips, go, dirty: true });
    this.marks = element.querySelector("#marks");
    this.head = element.querySelector("#head");
    this.tip = element.querySelector("#tip");
    element.addEventListener("pointerdown", (e) => {
      element.setPointerCapture(e.pointerId);
      this.dragging = true;
      this.wasPlaying = player.playing;
      this.drag(e);
    });
    element.addEventListener("pointermove", (e) => {
      if (this.dragging) this.drag(e);
      this.point(e);
    });
    element.addEventListener("pointerup", () => {
      this.dragging = false;
      if (this.wasPlaying) this.go(player.step, player.frame, true);
    });
    element.addEventListener("pointercancel", () => {
      this.dragging = false; // a touch became a scroll
    });
    element.addEventListener("pointerleave", () => {
      this.tip.hidden = true;
    });
    const paint = () => {
      if (this.dirty) this.paint();
      requestAnimationFrame(paint);
    };
    paint();
    setInterval(() => {
      this.dirty = true;
    }, 250);
  }

  build() {
    const { steps } = this.player;
    while (this.marks.children.length > steps.length) this.marks.lastChild.remove();
    while (this.marks.children.length < steps.length) this.marks.append(document.createElement("i"));
    steps.forEach((step, i) => {
      this.marks.children[i].style.flexGrow = step.frames ?? 60;
    });
    this.element.setAttribute("aria-valuemax", steps.length || 1);
    this.dirty = true;
  }

  paint() {
    const { step, frame, steps } = this.player;
    this.dirty = this.player.playing;
    steps.forEach((s, i) => {
      const style = this.marks.children[i]?.style;
      style?.setProperty("--drawn", s.frames ? Math.min(1, this.strips.drawn(i) / s.frames) : 0);
      style?.setProperty("--done", i < step ? 1 : i > step || !s.frames ? 0 : Math.min(1, (frame + 1) / s.frames));
    });
    const box = this.marks.children[step];
    if (!box) return;
    const part = steps[step].frames ? Math.min(1, (frame + 1) / steps[step].frames) : 0;
    this.head.style.left = `${box.offsetLeft + part * box.offsetWidth}px`;
    this.element.setAttribute("aria-valuenow", step + 1);
    this.element.setAttribute("aria-valuetext", `step ${step + 1} of ${steps.length}, ${steps[step].name}`);
  }

  place(event) {
    const x = event.clientX - this.marks.getBoundingClientRect().left;
    const boxes = [...this.marks.children];
    const step = Math.max(
      0,
      boxes.findLastIndex((box) => box.offsetLeft <= x),
    );
    const part = Math.max(0, Math.min(1, (x - boxes[step].offsetLeft) / boxes[step].offsetWidth));
    return { step, frame: Math.floor(part * ((this.player.steps[step].frames ?? 1) - 1)) };
  }

  drag(event) {
    if (!this.marks.children.length) return;
    const { step, frame } = this.place(event);
    if (step !== this.player.step || frame !== Math.floor(this.player.frame)) this.go(step, frame, false);
  }

  point(event) {
    if (!this.marks.children.length) return;
    const { step } = this.place(event),
      box = this.element.getBoundingClientRect();
    this.tip.hidden = false;
    this.tip.textContent = `${step + 1}  ${this.player.steps[step].name}`;
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.max(half, Math.min(box.width - half, event.clientX - box.left))}px`;
  }

  // With the focus on the scrubber the arrows move by a second, as in a video player.
  key(event) {
    if (document.activeElement !== this.element) return false;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return false;
    const { player } = this,
      frame = player.frame + by * player.fps,
      length = player.length() ?? 1;
    if (frame < 0 && player.step > 0) this.go(player.step - 1, Infinity, false);
    else if (frame >= length && player.step + 1 < player.steps.length) this.go(player.step + 1, 0, false);
    else this.go(player.step, Math.max(0, frame), false);
    return true;
  }
}
