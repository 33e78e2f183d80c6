// SPDX-License-Identifier: Apache-2.0
// A story, step by step.

import { button, element } from "../element.ts";
import { STORIES, type Story } from "./stories.ts";

export interface Place {
  readonly story: string;
  /** Counted from 1. */
  readonly step: number;
}

/** "beta.2" as an address has it; nothing where there is no such step. */
export function placeOf(text: string | null): Place | null {
  const [name = "", number = "1"] = (text ?? "").split(".");
  const story = STORIES.find((one) => one.name === name);
  const step = Number(number);
  return story?.steps[step - 1] ? { story: name, step } : null;
}

export function textOf(place: Place | null): string {
  return place ? `${place.story}.${place.step}` : "";
}

export class Tour {
  readonly box = element("section", { class: "tour", "aria-label": "Stories" });
  private place: Place | null = null;

  /** `go` shows a step: its state, and where it is. */
  constructor(private readonly go: (state: string, place: Place | null) => void) {
    this.list();
  }

  get current(): Place | null {
    return this.place;
  }

  show(place: Place | null): void {
    if (textOf(place) === textOf(this.place)) return;
    this.place = place;
    const story = STORIES.find(({ name }) => name === place?.story);
    if (place && story) this.tell(story, place.step);
    else this.list();
  }

  private enter(story: Story, step: number): void {
    this.go(story.steps[step - 1]?.state ?? "", { story: story.name, step });
    this.box.querySelector<HTMLElement>("[data-told]")?.focus();
  }

  private list(): void {
    const buttons = STORIES.map((story) => button(story.title, () => this.enter(story, 1)));
    this.box.replaceChildren(
      element("h2", {}, "Stories"),
      element(
        "p",
        { class: "hint" },
        "Each a few steps with settings, and a question at the end. Or move the sliders.",
      ),
      element("div", { class: "tools" }, ...buttons),
    );
  }

  private tell(story: Story, step: number): void {
    const told = story.steps[step - 1];
    const last = story.steps.length;
    if (!told) return;
    const back = button("Back", () => this.enter(story, step - 1));
    const on = button("Next", () => this.enter(story, step + 1));
    back.disabled = step === 1;
    on.disabled = step === last;
    const ends = element("p", { class: "question" }, element("strong", {}, "Question: "), story.question);
    this.box.replaceChildren(
      element("h2", {}, story.title),
      element("p", { class: "place" }, `Step ${step} of ${last}`),
      element("p", { tabindex: "-1", "data-told": "" }, told.text),
      ...(step === last ? [ends] : []),
      element(
        "div",
        { class: "tools" },
        back,
        on,
        button("Show this step again", () => this.enter(story, step)),
        button("All stories", () => this.go(location.hash.slice(1), null)),
      ),
    );
  }
}
