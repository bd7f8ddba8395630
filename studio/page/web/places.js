// Where numbers stand in a film, which the file has in columns (studio/page/columns.py).

const summed = (steps) => {
  let at = 0;
  return Int32Array.from(steps, (step) => (at += step));
};

export class Places {
  constructor({ shots, seen: { shapes, told, columns } }) {
    Object.assign(this, { shots, shapes, told });
    [this.shape, this.x, this.y, this.says] = columns.map(summed);
  }

  // What can be read in a shot, topmost first: [corners, text, cells].
  at(shot) {
    const found = [],
      ranges = this.shots[shot][2];
    for (let k = 0; k < ranges.length; k += 2)
      for (let number = ranges[k]; number < ranges[k] + ranges[k + 1]; number++) found.push(this.one(number));
    return found;
  }

  one(number) {
    const x = this.x[number],
      y = this.y[number],
      others = this.shapes[this.shape[number]].map((at, k) => at + (k % 2 ? y : x));
    return [[x, y, ...others], ...this.told[this.says[number]]];
  }
}
