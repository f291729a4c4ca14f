// Reads one QR code (ISO/IEC 18004, versions 1 to 4, which hold our tickets) out of a picture: for browsers without a reader
// of their own, and without network. Thresholds by neighbourhood, finds the three corners, straightens by the fourth mark;
// what the modules say is read by qr-text.js.

import { decoded } from "qr-text";

/** The text of a QR code in an ImageData, or null. */
export function read(image) {
  const dark = threshold(image);
  const corners = arranged(finders(dark));
  for (const three of corners) {
    for (const version of [2, 1, 3, 4]) { // ours first: how large a module is, a turned corner does not tell
      const text = decoded(sampled(dark, three, version));
      if (text) return text;
    }
  }
  return null;
}

// ---- light and dark --------------------------------------------------------------------------------------------------

/** {width, height, at(x, y)}: dark where a pixel is darker than its neighbourhood. */
function threshold({ data, width, height }) {
  const grey = new Uint8Array(width * height);
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      const place = y * width + x;
      grey[place] = (data[4 * place] * 77 + data[4 * place + 1] * 151 + data[4 * place + 2] * 28) >> 8;
      row += grey[place];
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
    }
  }
  const reach = Math.max(8, Math.round(Math.min(width, height) / 10));
  const bits = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - reach), Math.min(height, y + reach + 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)];
      const sum = sums[bottom * (width + 1) + right] - sums[top * (width + 1) + right] - sums[bottom * (width + 1) + left] + sums[top * (width + 1) + left];
      bits[y * width + x] = grey[y * width + x] * (bottom - top) * (right - left) < sum * 0.94 ? 1 : 0;
    }
  }
  const at = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? bits[(y | 0) * width + (x | 0)] : 0);
  return { width, height, at };
}

// ---- corners ---------------------------------------------------------------------------------------------------------

const WANTED = [1, 1, 3, 1, 1];
const unit = (runs) => runs.reduce((sum, run) => sum + run, 0) / 7;
const fits = (runs) => {
  const one = unit(runs);
  return one >= 1 && runs.every((run, place) => Math.abs(run - WANTED[place] * one) <= (WANTED[place] * one) / 2 + 0.5);
};

/** Runs of dark and light through a point along a step, as seen from a corner's middle; null where they do not fit. */
function cross(dark, x, y, dx, dy) {
  if (!dark.at(x, y)) return null;
  const arm = (sign) => {
    const runs = [0, 0, 0];
    let [far, colour] = [sign > 0 ? 0 : 1, 1];
    for (let place = 0; place < 3; place++) {
      while (far < 200 && dark.at(x + sign * far * dx, y + sign * far * dy) === colour && inside(dark, x + sign * far * dx, y + sign * far * dy)) {
        runs[place]++;
        far++;
      }
      colour = 1 - colour;
    }
    return runs;
  };
  const [before, after] = [arm(-1), arm(1)];
  const runs = [before[2], before[1], before[0] + after[0], after[1], after[2]];
  return fits(runs) ? { size: unit(runs), off: (after[0] - before[0] - 1) / 2 } : null;
}

const inside = (dark, x, y) => x >= 0 && y >= 0 && x < dark.width && y < dark.height;

/** Middles of what looks like a corner: {x, y, size, seen}. */
function finders(dark) {
  const found = [];
  for (let y = 0; y < dark.height; y += 2) {
    const runs = [0, 0, 0, 0, 0];
    let colour = 0;
    for (let x = 0; x <= dark.width; x++) {
      const now = x < dark.width ? dark.at(x, y) : 1 - colour;
      if (now === colour) {
        runs[4]++;
        continue;
      }
      if (colour === 1 && fits(runs)) note(dark, found, x - runs[4] - runs[3] - runs[2] / 2, y);
      runs.shift();
      runs.push(1);
      colour = now;
    }
  }
  return found.sort((one, other) => other.seen - one.seen).slice(0, 12);
}

function note(dark, found, x, y) {
  const down = cross(dark, Math.floor(x), y, 0, 1);
  if (!down) return;
  const middle = y + down.off;
  const across = cross(dark, Math.floor(x), Math.round(middle), 1, 0);
  if (!across || Math.max(across.size, down.size) > 2 * Math.min(across.size, down.size)) return;
  const one = { x: Math.floor(x) + across.off + 0.5, y: middle + 0.5, size: (across.size + down.size) / 2, seen: 1 };
  const same = found.find((other) => Math.hypot(other.x - one.x, other.y - one.y) < 3 * other.size);
  if (!same) return void found.push(one);
  for (const name of ["x", "y", "size"]) same[name] = (same[name] * same.seen + one[name]) / (same.seen + 1);
  same.seen++;
}

/** Threes that can be the corners of one code, the likeliest first: {top (the one between), right, below, size}. */
function arranged(found) {
  const threes = [];
  for (let a = 0; a < found.length; a++) {
    for (let b = a + 1; b < found.length; b++) {
      for (let c = b + 1; c < found.length; c++) {
        const all = [found[a], found[b], found[c]];
        const sizes = all.map((one) => one.size);
        if (Math.max(...sizes) > 1.7 * Math.min(...sizes)) continue;
        const far = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);
        const [top, one, other] = [[0, 1, 2], [1, 0, 2], [2, 0, 1]].map((order) => order.map((place) => all[place]))
          .sort((left, right) => far(right[1], right[2]) - far(left[1], left[2]))[0];
        const [first, second, long] = [far(top, one), far(top, other), far(one, other)];
        const skew = Math.abs(first - second) / Math.max(first, second) + Math.abs(long / Math.hypot(first, second) - 1);
        if (skew > 0.5) continue;
        const turned = (one.x - top.x) * (other.y - top.y) - (one.y - top.y) * (other.x - top.x) > 0;
        threes.push({ top, right: turned ? one : other, below: turned ? other : one, skew });
      }
    }
  }
  return threes.sort((left, right) => left.skew - right.skew).slice(0, 6);
}

// ---- the grid --------------------------------------------------------------------------------------------------------

/** Rows of 0 and 1 of the code with these corners, if it were of this version. */
function sampled(dark, { top, right, below }, version) {
  const side = 17 + 4 * version;
  const step = side - 7;
  const [across, down] = [[(right.x - top.x) / step, (right.y - top.y) / step], [(below.x - top.x) / step, (below.y - top.y) / step]];
  const guess = (column, row) => [top.x + (column - 3.5) * across[0] + (row - 3.5) * down[0], top.y + (column - 3.5) * across[1] + (row - 3.5) * down[1]];
  const last = side - 3.5;
  const mark = version > 1 ? fourth(dark, guess(side - 6.5, side - 6.5), across, down) : null;
  const place = mark
    ? plane([[3.5, 3.5], [last, 3.5], [3.5, last], [side - 6.5, side - 6.5]], [[top.x, top.y], [right.x, right.y], [below.x, below.y], mark])
    : guess;
  return Array.from({ length: side }, (_row, row) => Array.from({ length: side }, (_column, column) => dark.at(...place(column + 0.5, row + 0.5))));
}

/** The middle of the small mark near the corner that has no large one: the best of the places around a guess. */
function fourth(dark, [x, y], across, down) {
  let best = { score: 21, at: null };
  for (let right = -3; right <= 3; right += 0.25) {
    for (let below = -3; below <= 3; below += 0.25) {
      const at = [x + right * across[0] + below * down[0], y + right * across[1] + below * down[1]];
      let score = -0.01 * Math.hypot(right, below);
      for (let row = -2; row <= 2; row++) {
        for (let column = -2; column <= 2; column++) {
          const ring = Math.max(Math.abs(row), Math.abs(column));
          if (dark.at(at[0] + column * across[0] + row * down[0], at[1] + column * across[1] + row * down[1]) === (ring === 1 ? 0 : 1)) score++;
        }
      }
      if (score > best.score) best = { score, at };
    }
  }
  return best.at;
}

/** The function that carries four points of one plane to four of another. */
function plane(from, to) {
  const rows = from.flatMap(([x, y], place) => {
    const [u, v] = to[place];
    return [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]];
  });
  for (let column = 0; column < 8; column++) {
    const pivot = rows.slice(column).reduce((best, row, place) => (Math.abs(row[column]) > Math.abs(rows[best][column]) ? column + place : best), column);
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (const row of rows) {
      if (row === rows[column]) continue;
      const times = row[column] / rows[column][column];
      for (let place = column; place < 9; place++) row[place] -= times * rows[column][place];
    }
  }
  const [a, b, c, d, e, f, g, h] = rows.map((row, place) => row[8] / row[place]);
  return (x, y) => [(a * x + b * y + c) / (g * x + h * y + 1), (d * x + e * y + f) / (g * x + h * y + 1)];
}
