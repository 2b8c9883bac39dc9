// What was read, to take away: as text, as CSV, as JSON.

const TYPES = { csv: "text/csv", json: "application/json" };

// The columns of `inkdigits read --format csv`, but the file.
export function csvOf(reading) {
  const rows = reading.lines.flatMap(({ digits, numbers, signs }, line) => {
    const counts = numbers.flatMap(({ text }, count) => Array(text.length).fill(count + 1));
    return digits.map(({ value, confidence, box }, place) => {
      const where = [line + 1, place + 1, value, confidence.toFixed(4), ...box];
      const sign = signs.find(({ after }) => after === place)?.text.trim() ?? "";
      return [...where, counts[place], sign === "," ? '","' : sign];
    });
  });
  const head = ["line", "place", "value", "confidence", "x", "y", "width", "height", "number", "sign"];
  return [head, ...rows].map((row) => `${row.join(",")}\n`).join("");
}

// As the service answers, without the pixels.
export function jsonOf(reading) {
  const lines = reading.lines.map(({ digits, ...line }) => ({
    ...line,
    digits: digits.map(({ image, ...digit }) => digit),
  }));
  return `${JSON.stringify({ ...reading, lines }, null, 2)}\n`;
}

export function save(name, content, suffix) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: TYPES[suffix] }));
  link.download = `${name.replace(/\.[^.]*$/, "")}.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Copy a field's text; false where the browser does not let the page, the text then being selected.
// The older way is the only one where the page came unencrypted from another machine.
export async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return document.execCommand("copy");
  }
}
