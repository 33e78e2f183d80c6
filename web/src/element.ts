// SPDX-License-Identifier: Apache-2.0

type Child = Node | string | null | undefined | false;

/** An element with attributes and children; text stays text, whatever it holds. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(
    ...children.filter(
      (child): child is Node | string => child !== null && child !== undefined && child !== false,
    ),
  );
  return made;
}

export function button(
  label: string,
  act: () => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", act);
  return made;
}

/** An element of a drawing. */
export function drawn<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** A cell whose numbers stay whole: "4.4e-4" would break after its hyphen. */
function cell(child: Child): HTMLElement {
  if (typeof child !== "string" || !/\de-\d/.test(child)) return element("td", {}, child);
  const words = child.split(" ").map((word) => element("span", { class: "number" }, word));
  return element("td", {}, ...words.flatMap((word, index) => (index > 0 ? [" ", word] : [word])));
}

/** A table whose rows beyond `most` appear on request; columns that are empty in every row are left out. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Child[])[],
  caption: string,
  most = 60,
): HTMLElement {
  const body = element("tbody");
  const kept = head.map((_, column) => column).filter((column) => rows.some((row) => row[column]));
  const fill = (from: number, to: number): void => {
    for (const row of rows.slice(from, to)) {
      body.append(element("tr", {}, ...kept.map((column) => cell(row[column]))));
    }
  };
  fill(0, most);
  const columns = element("tr", {}, ...kept.map((column) => element("th", { scope: "col" }, head[column])));
  const made = element(
    "table",
    {},
    element("caption", { class: "unseen" }, caption),
    element("thead", {}, columns),
    body,
  );
  // What scrolls can be reached with the keyboard.
  const frame = element(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": caption },
    made,
  );
  if (rows.length <= most) return frame;
  const more = button(`Show all ${rows.length} rows`, () => {
    fill(most, rows.length);
    more.remove();
  });
  return element("div", {}, frame, more);
}
