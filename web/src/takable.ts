// SPDX-License-Identifier: Apache-2.0
// Which figures of the page can be taken out of it as one drawing.

/** How a figure becomes one drawing. */
export interface Taking {
  /** Of the whole drawing, about; the one on the screen otherwise. */
  readonly width?: number | undefined;
  /** The title of the one panel that is wanted; all otherwise. */
  readonly panel?: string | undefined;
}

export interface Takable {
  readonly name: string;
  readonly title: string;
  /** Titles of panels that can be taken alone. */
  readonly panels: readonly string[];
  whole(taking: Taking): SVGSVGElement;
}

const takable = new WeakMap<Element, Takable>();

export function canBeTaken(figure: Element, how: Takable): void {
  takable.set(figure, how);
}

/** Every figure below an element, in the order of the page. */
export function figuresIn(root: ParentNode): Takable[] {
  return [...root.querySelectorAll("figure")].flatMap((made) => takable.get(made) ?? []);
}
