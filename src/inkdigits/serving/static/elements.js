// Small things that all panels need.

export const element = (id) => document.getElementById(id);

export const digitsOf = (reading) => reading.lines.flatMap((line) => line.digits);

// Nothing is wholly sure, so that 100.0% is never said.
export const percent = (share) => `${Math.min(99.9, 100 * share).toFixed(1)}%`;

// A row of buttons of which one is pressed, in place of what `parent` held. Gives a function that
// presses one without a word to `choose`.
export function toggles(parent, contents, choose) {
  const buttons = contents.map((content, place) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.append(content);
    button.addEventListener("click", () => {
      press(place);
      choose(place);
    });
    return button;
  });
  const press = (pressed) =>
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", place === pressed));
  parent.replaceChildren(
    ...buttons.map((button) => {
      if (parent.tagName !== "OL") return button;
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
  return press;
}
