// Amounts as a cookbook prints them, for more or fewer people: `1½ tbsp` for two, `3 tbsp` for 4.

const GLYPHS = {
  "⅛": 1 / 8, "¼": 1 / 4, "⅓": 1 / 3, "⅜": 3 / 8, "½": 1 / 2, "⅝": 5 / 8, "⅔": 2 / 3, "¾": 3 / 4,
  "⅞": 7 / 8,
};
const PRINTED = ["⅛", "¼", "⅓", "½", "⅔", "¾"];
const AMOUNT = /^\s*(\d+(?:[.,]\d+)?)?\s*([⅛¼⅓⅜½⅝⅔¾⅞]|\d+\/\d+)?\s*(.*)$/u;

// below which quantity which step is fine enough: a kitchen scale and a spoon know no more
const FINE = [[2, 0.5], [10, 1], [50, 5], [250, 10], [1000, 25], [Infinity, 50]];
const PIECES = [[0.5, 0.25], [3, 0.5], [Infinity, 1]];
const WHOLE = [[Infinity, 1]];
const GRIDS = {
  g: FINE, ml: FINE, "г": FINE, "мл": FINE, "克": FINE, "公克": FINE, "毫升": FINE,
  tsp: [[1, 0.25], [Infinity, 0.5]],
  tbsp: [[4, 0.5], [Infinity, 1]],
  cup: [[2, 0.25], [4, 0.5], [Infinity, 1]],
  oz: [[1, 0.25], [8, 0.5], [Infinity, 1]],
  lb: [[Infinity, 0.25]],
};
const COUNTED = [
  "clove", "slice", "sprig", "stalk", "leaf", "cube", "sheet", "ear", "pinch", "dash",
];
for (const unit of COUNTED) GRIDS[unit] = WHOLE;
const PLURALS = { leaf: "leaves", bunch: "bunches", pinch: "pinches", dash: "dashes" };
const SINGULARS = Object.fromEntries(Object.entries(PLURALS).map(([one, many]) => [many, one]));
const MASSES = /(broccoli|garlic|fennel|celery|asparagus|spinach|bread|rice|corn|kale)$/;
const UNBENT = ["g", "kg", "ml", "l", "tsp", "tbsp", "oz", "lb"];
const NATURAL = [...COUNTED, "cup", "bunch", "head", "can", "handful", "knob", "fillet"];

/**
 * Print an amount for another number of people, rounded to what a kitchen can measure.
 * @param {string} amount as the recipe prints it; one without a number stays as it is
 * @param {number} factor
 * @param {{whole?: boolean}} [options] `whole` for what nobody halves, such as eggs
 * @returns {string}
 */
export function scaled(amount, factor, { whole = false } = {}) {
  const read = parse(amount);
  if (read === null || factor === 1) return amount;
  const [quantity, unit] = inFittingUnit(read.quantity * factor, read.unit);
  const grid = whole && !unit ? WHOLE : GRIDS[unit] ?? PIECES;
  return printed(unit === "cup" ? nearestCup(quantity) : onGrid(quantity, grid), unit);
}

/**
 * The name of a food for another number of pieces: `1 lemon`, `4 lemons`. English alone bends so.
 * @param {string} name
 * @param {number} before how many pieces the name is for
 * @param {number} now
 */
export function bent(name, before, now) {
  const isEnglish = /^[a-z][a-z -]*$/i.test(name);
  if (!isEnglish || MASSES.test(name) || (before > 1) === (now > 1)) return name;
  if (now > 1) {
    if (/[^aeiou]y$/.test(name)) return name.replace(/y$/, "ies");
    return name + (/(s|x|ch|sh|(pot|tom)ato)$/.test(name) ? "es" : "s");
  }
  if (/[^aeiou]ies$/.test(name)) return name.replace(/ies$/, "y");
  return name.replace(/(?<=x|ch|sh|ss|(?:pot|tom)ato)es$|(?<!s)s$/, "");
}

/**
 * How many pieces an amount says; null where it says another unit, or nothing.
 * @param {string} amount
 */
export function piecesIn(amount) {
  const read = parse(amount);
  return read === null || read.unit ? null : read.quantity;
}

/**
 * Weights that a remark gives in passing: `about 160 g, in small dice`.
 * @param {string} note
 * @param {number} factor
 */
export const scaledNote = (note, factor) =>
  note.replace(/\b(about )(\d+(?:\.\d+)? (?:g|ml|kg|l|oz|lb))\b/g,
    (_, about, amount) => about + scaled(amount, factor));

function parse(amount) {
  const [, whole, part, unit] = amount.match(AMOUNT);
  if (!whole && !part) return null;
  let rest = 0;
  if (part?.includes("/")) {
    const [above, below] = part.split("/").map(Number);
    rest = above / below;
  } else if (part) rest = GLYPHS[part];
  const quantity = Number((whole ?? "0").replace(",", ".")) + rest;
  return { quantity, unit: singular(unit.trim()) };
}

function singular(word) {
  const one = SINGULARS[word] ?? word.replace(/s$/, "");
  return NATURAL.includes(one) ? one : word;
}

function inFittingUnit(quantity, unit) {
  if (unit === "kg") return [quantity * 1000, "g"];
  if (unit === "l") return [quantity * 1000, "ml"];
  if (unit === "tsp" && quantity >= 2.75) return [quantity / 3, "tbsp"];
  if (unit === "tbsp" && quantity < 0.9) return [quantity * 3, "tsp"];
  return [quantity, unit];
}

function onGrid(quantity, grid) {
  const [, step] = grid.find(([below]) => quantity < below);
  const steps = quantity / step;  // halves go to the even side, as in the cookbook
  return Math.max(1, steps % 1 === 0.5 ? 2 * Math.round(steps / 2) : Math.round(steps)) * step;
}

function nearestCup(quantity) {  // a set of cups has a third, too
  const third = Math.round(quantity * 3) / 3;
  const quarter = onGrid(quantity, GRIDS.cup);
  const isNearer = Math.abs(third - quantity) < Math.abs(quarter - quantity) - 1e-9;
  return third > 0 && quantity < 2 && isNearer ? third : quarter;
}

function printed(quantity, unit) {
  if (quantity >= 1000 && unit === "g") return `${decimal(quantity / 1000)} kg`;
  if (quantity >= 1000 && unit === "ml") return `${decimal(quantity / 1000)} l`;
  if (unit === "g" || unit === "ml") return `${decimal(quantity)} ${unit}`;
  const said = quantity > 1 && NATURAL.includes(unit) && !UNBENT.includes(unit)
    ? PLURALS[unit] ?? `${unit}s` : unit;
  return `${withFraction(quantity)} ${said}`.trim();
}

function withFraction(quantity) {
  const whole = Math.floor(quantity + 0.005);
  const glyph = PRINTED.find((sign) => Math.abs(quantity - whole - GLYPHS[sign]) < 0.005);
  return glyph ? `${whole || ""}${glyph}` : decimal(quantity);
}

function decimal(quantity) {
  const digits = quantity >= 100 ? 0 : quantity >= 10 ? 1 : 2;
  return String(Number(quantity.toFixed(digits)));
}
