// The colour of each item: a number into a short list, so that a change of theme only changes the list.

const colourOf = new Uint16Array(numItems);
let swatches = []; // [red, green, blue]
let numberRange = [0, 1];

function computeRange(values) {
  const known = values.filter(Number.isFinite).sort();
  if (!known.length) return [0, 1];
  // The outermost hundredths share the end colours: one odd value must not take the whole scale.
  const low = known[Math.floor(0.01 * (known.length - 1))];
  const high = known[Math.ceil(0.99 * (known.length - 1))];
  return low < high ? [low, high] : [known[0], known[known.length - 1]];
}

// Groups take the colours in the order of their size; what is left over when the colours are used up is grey.
function rankLevels(column) {
  const counts = new Uint32Array(column.levels.length);
  for (const code of column.codes) if (code >= 0) counts[code]++;
  const ranks = new Uint32Array(column.levels.length);
  const few = column.levels.length <= data.colours.light.categories.length;
  const order = Array.from(counts.keys());
  if (!few) order.sort((a, b) => counts[b] - counts[a] || a - b);
  order.forEach((level, rank) => (ranks[level] = rank));
  return { counts, ranks };
}

function updateColours() {
  const scheme = data.colours[getTheme()];
  const grey = parseColour(themeColours.muted);
  const column = state.column;
  if (!column) {
    swatches = [parseColour(themeColours.accent)];
    colourOf.fill(0);
  } else if (column.kind === "category") {
    swatches = [...scheme.categories.map(parseColour), grey];
    const { ranks } = (column.groups ??= rankLevels(column));
    const last = swatches.length - 1;
    for (let item = 0; item < numItems; item++) {
      colourOf[item] = column.codes[item] < 0 ? last : Math.min(ranks[column.codes[item]], last);
    }
  } else {
    swatches = [...scheme.numbers.map(parseColour), grey];
    numberRange = column.range ??= computeRange(column.values);
    const [low, high] = numberRange;
    const steps = scheme.numbers.length;
    for (let item = 0; item < numItems; item++) {
      const share = high > low ? (column.values[item] - low) / (high - low) : 0.5;
      colourOf[item] = Number.isNaN(share) ? steps : Math.min(Math.max(Math.round(share * (steps - 1)), 0), steps - 1);
    }
  }
}

const toCss = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
