// Where a film stands and how it moves on: as the preview's player, but the frames come from a video.

import { Player } from "./player.js";

export class FilmPlayer extends Player {
  constructor(video, told) {
    super(video, { clear() {} }, told);
    this.video = video;
    this.auto = true; // a film goes on
  }

  get start() {
    return this.steps[this.step]?.start ?? 0;
  }

  go(...place) {
    this.jumps = true;
    super.go(...place);
  }

  toggle() {
    const done = super.toggle();
    if (!this.playing) this.jumps = true;
    return done;
  }

  // The clock is the video's.
  tick() {
    if (this.playing && this.steps.length && !this.video.seeking && !this.jumps) {
      const at = this.video.currentTime * this.fps - this.start,
        length = this.length();
      if (at >= length || this.video.ended) this.end(length);
      else this.frame = Math.max(0, at);
    }
    this.stalled = this.playing && this.video.readyState < 2;
    this.paint();
  }

  end(length) {
    if (this.loop) return this.go(this.step, 0);
    if (!this.auto || this.step + 1 >= this.steps.length) {
      super.end(length);
      this.jumps = true;
      return;
    }
    if (this.asks(this.step + 1)) return this.go(this.step + 1);
    this.step++; // the video is there already
    this.frame = 0;
    this.changed("end");
  }

  paint() {
    if (!this.steps?.length || !this.video) return;
    const at = Math.floor(this.frame),
      { video } = this;
    if (!this.playing && !video.paused) video.pause();
    if (this.jumps && video.readyState > 0) {
      video.currentTime = (this.start + at + 0.5) / this.fps;
      this.jumps = false;
    }
    if (video.playbackRate !== this.speed) video.playbackRate = this.speed;
    if (this.playing && video.paused && !this.jumps) this.run();
    const key = `${this.session}:${this.step}:${at}`;
    if (this.shown?.key === key) return;
    this.shown = { key, session: this.session, step: this.step, number: at, when: performance.now() };
    this.drawn();
  }

  // Browsers may want a press first: then the film waits for it.
  run() {
    this.running ??= this.video
      .play()
      .catch(() => {
        this.playing = false;
        this.changed("toggle");
      })
      .finally(() => {
        this.running = null;
      });
  }
}
