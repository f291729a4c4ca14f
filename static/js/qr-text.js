// From the modules of a QR code to its text (ISO/IEC 18004): format, mask, Reed-Solomon, segments.

// For each level, by version: [check bytes of a block, blocks].
const LEVELS = {
  1: [[7, 1], [10, 1], [15, 1], [20, 1]], // L
  0: [[10, 1], [16, 1], [26, 1], [18, 2]], // M
  3: [[13, 1], [22, 1], [18, 2], [26, 2]], // Q
  2: [[17, 1], [28, 1], [22, 2], [16, 4]], // H
};
const TOTAL = [26, 44, 70, 100];
const MASKS = [
  (row, column) => (row + column) % 2, (row) => row % 2, (_row, column) => column % 3, (row, column) => (row + column) % 3,
  (row, column) => ((row >> 1) + Math.floor(column / 3)) % 2, (row, column) => ((row * column) % 2) + ((row * column) % 3),
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2, (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2,
];

/** The text of a grid of modules (rows of 0 and 1, versions 1 to 4), its faults mended; null when there is none. */
export function decoded(grid) {
  const side = grid.length;
  const version = (side - 17) / 4;
  const format = formatOf(grid);
  if (!format) return null;
  const [check, blocks] = LEVELS[format.level][version - 1];
  const bytes = codewords(grid, MASKS[format.mask], version);
  const size = TOTAL[version - 1] / blocks;
  const data = [];
  for (let block = 0; block < blocks; block++) {
    const own = Array.from({ length: size }, (_byte, place) => bytes[place * blocks + block]);
    const mended = mend(own, check);
    if (!mended) return null;
    data.push(...mended);
  }
  return textOf(data);
}

/** {level, mask}, from the copy with fewer faults; null when both are too damaged. */
function formatOf(grid) {
  const side = grid.length;
  const first = [[8, 0], [8, 1], [8, 2], [8, 3], [8, 4], [8, 5], [8, 7], [8, 8], [7, 8], [5, 8], [4, 8], [3, 8], [2, 8], [1, 8], [0, 8]];
  const second = Array.from({ length: 15 }, (_bit, place) => (place < 7 ? [side - 1 - place, 8] : [8, side - 15 + place]));
  let best = { faults: 4 };
  for (const places of [first, second]) {
    const bits = places.reduce((sum, [row, column]) => (sum << 1) | grid[row][column], 0);
    for (let data = 0; data < 32; data++) {
      let rest = data << 10;
      for (let place = 14; place >= 10; place--) if (rest & (1 << place)) rest ^= 0x537 << (place - 10);
      let wrong = bits ^ ((data << 10) | rest) ^ 0x5412;
      let faults = 0;
      for (; wrong; wrong &= wrong - 1) faults++;
      if (faults < best.faults) best = { faults, level: data >> 3, mask: data & 7 };
    }
  }
  return best.faults < 4 ? best : null;
}

function codewords(grid, mask, version) {
  const side = grid.length;
  const fixed = (row, column) => (row < 9 && column < 9) || (row < 9 && column > side - 9) || (row > side - 9 && column < 9)
    || row === 6 || column === 6 || (version > 1 && Math.abs(row - (side - 7)) <= 2 && Math.abs(column - (side - 7)) <= 2);
  const bytes = [];
  let [bits, count, up] = [0, 0, true];
  for (let pair = side - 1; pair > 0; pair -= 2) {
    if (pair === 6) pair = 5;
    for (let turn = 0; turn < side; turn++) {
      const row = up ? side - 1 - turn : turn;
      for (const column of [pair, pair - 1]) {
        if (fixed(row, column)) continue;
        bits = (bits << 1) | (grid[row][column] ^ (mask(row, column) === 0 ? 1 : 0));
        if (++count === 8) {
          bytes.push(bits);
          [bits, count] = [0, 0];
        }
      }
    }
    up = !up;
  }
  return bytes;
}

// Reed-Solomon over GF(256), polynomial 0x11d.
const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  [EXP[power], EXP[power + 255], LOG[value]] = [value, value, power];
  value = (value << 1) ^ (value & 128 ? 0x11d : 0);
}
const times = (one, other) => (one && other ? EXP[LOG[one] + LOG[other]] : 0);
const over = (one, other) => (one ? EXP[LOG[one] + 255 - LOG[other]] : 0);
const valueAt = (terms, x) => terms.reduceRight((sum, term) => times(sum, x) ^ term, 0); // terms from the lowest

/** The data of a block with its faults mended, or null when there are too many. */
function mend(block, check) {
  const size = block.length;
  const signs = Array.from({ length: check }, (_sign, power) => block.reduce((sum, byte) => times(sum, EXP[power]) ^ byte, 0));
  if (signs.every((sign) => sign === 0)) return block.slice(0, size - check);
  // Berlekamp and Massey: the polynomial whose roots tell where the faults are.
  let [where, before, length, shift, scale] = [[1], [1], 0, 1, 1];
  for (let turn = 0; turn < check; turn++) {
    let gap = signs[turn];
    for (let place = 1; place <= length; place++) gap ^= times(where[place] ?? 0, signs[turn - place]);
    if (!gap) { shift++; continue; }
    const next = [...where];
    const factor = over(gap, scale);
    for (const [place, term] of before.entries()) next[place + shift] = (next[place + shift] ?? 0) ^ times(factor, term);
    for (let place = 0; place < next.length; place++) next[place] ??= 0;
    if (2 * length <= turn) [length, before, scale, shift] = [turn + 1 - length, where, gap, 1];
    else shift++;
    where = next;
  }
  if (length > check / 2) return null;
  const size2 = Array.from({ length: check }, (_term, power) => {
    let sum = 0;
    for (let place = 0; place <= power; place++) sum ^= times(where[place] ?? 0, signs[power - place]);
    return sum;
  });
  const slope = where.map((term, place) => (place % 2 ? term : 0)).slice(1);
  const mended = [...block];
  let found = 0;
  for (let place = 0; place < size; place++) {
    const inverse = EXP[(255 - place) % 255];
    if (valueAt(where, inverse)) continue;
    found++;
    const under = valueAt(slope, inverse);
    if (!under) return null;
    mended[size - 1 - place] ^= times(EXP[place], over(valueAt(size2, inverse), under));
  }
  return found === length ? mended.slice(0, size - check) : null;
}

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

function textOf(data) {
  const bits = data.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let at = 0;
  const take = (count) => {
    at += count;
    return at <= bits.length ? Number.parseInt(bits.slice(at - count, at), 2) : Number.NaN;
  };
  let text = "";
  while (bits.length - at >= 4) {
    const mode = take(4);
    if (mode === 0) break;
    if (mode === 1) {
      let left = take(10);
      for (; left >= 3; left -= 3) text += String(take(10)).padStart(3, "0");
      if (left) text += String(take(left === 2 ? 7 : 4)).padStart(left, "0");
    } else if (mode === 2) {
      let left = take(9);
      for (; left >= 2; left -= 2) {
        const two = take(11);
        text += LETTERS[Math.floor(two / 45)] + LETTERS[two % 45];
      }
      if (left) text += LETTERS[take(6)];
    } else if (mode === 4) {
      const bytes = Array.from({ length: take(8) || 0 }, () => take(8));
      text += new TextDecoder().decode(new Uint8Array(bytes));
    } else return null;
    if (at > bits.length) return null;
  }
  return text || null;
}
