// SPDX-License-Identifier: Apache-2.0
import "../style.css";
import "./laboratory.css";

import { button, element } from "../element.ts";
import { schemeButton } from "../scheme.ts";
import { Terms } from "../terms.ts";
import { Answers, type Answer } from "./answers.ts";
import { ControlPanel } from "./panel.ts";
import { keyNumbers, Picture } from "./picture.ts";
import { queryOf, stateOf, type Control, type State } from "./state.ts";
import { placeOf, textOf, Tour, type Place } from "./tour.ts";

function textIn(id: string): string {
  return document.getElementById(id)?.textContent.trim() ?? "";
}

const controls = JSON.parse(textIn("controls")) as readonly Control[];
const picture = new Picture(new Terms(textIn("measurements")));
let state: State = stateOf(controls, location.hash.slice(1) || textIn("start"));

const numbers = element("dl", { class: "key" });
const said = element("p", { class: "unseen", role: "status" });
const refusal = element("p", { class: "refusal", role: "alert" });
const commands = element("pre", { tabindex: "0", "aria-label": "Command lines that print the same numbers" });
const time = element("p", { class: "hint" });
const files = element("p", { class: "files" });
const results = element("div", { class: "results", "aria-busy": "false" }, picture.quick, picture.slow);

function showNumbers(pairs: readonly [string, string][]): void {
  numbers.replaceChildren(
    ...pairs.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", { class: `badge-word ${value}` }, value)),
    ),
  );
}

function showFiles(query: string): void {
  const link = (file: string, label: string): HTMLElement =>
    element("a", { href: `${file}${query ? `?${query}` : ""}`, download: file }, label);
  const isNoise = state.get("family")?.endsWith("_noise") ?? false;
  const isTrained = Number(state.get("steps")) > 0 && !isNoise;
  files.replaceChildren(
    ...[
      !isTrained && link("study.toml", "Study (TOML)"),
      !isNoise && link("network.onnx", "Network (ONNX)"),
    ].flatMap((one) => (one ? [one, " "] : [])),
    element("span", { class: "hint" }, "Each figure has its SVG, PNG and numbers."),
  );
}

/** What is shown of a state that is no longer the one of the controls. */
function setOutdated(isOutdated: boolean): void {
  for (const box of [numbers, results, commands]) box.classList.toggle("outdated", isOutdated);
}

function drawn(answer: Answer): void {
  refusal.textContent = "";
  setOutdated(false);
  const shown = picture.draw(answer);
  numbers.classList.toggle("outdated", answer.detail === "picture");
  if (answer.detail === "picture") return;
  const pairs = keyNumbers(shown);
  showNumbers(pairs);
  said.textContent = `Drawn: ${pairs.map(([name, value]) => `${name} ${value}`).join(", ")}.`;
  time.textContent = `Computed in ${Math.round(answer.milliseconds)} ms.`;
}

const answers = new Answers({
  answered(answer) {
    commands.textContent = answer.commands.join("\n");
    drawn(answer);
    // For whoever measures how long a change takes to be seen.
    requestAnimationFrame(() =>
      document.dispatchEvent(new CustomEvent("drawn", { detail: { ...answer, results: "" } })),
    );
  },
  refused(line) {
    refusal.textContent = line;
    setOutdated(true);
  },
  busy(isBusy) {
    results.setAttribute("aria-busy", String(isBusy));
  },
});

function addressOf(query: string): string {
  const place = textOf(tour.current);
  return `#${[query, place ? `story=${place}` : ""].filter((part) => part).join("&")}`;
}

function take(next: State, isMoving: boolean): void {
  state = next;
  panel.show(state);
  const query = queryOf(controls, state);
  if (isMoving) {
    answers.change(query);
    return;
  }
  history.replaceState(null, "", addressOf(query));
  showFiles(query);
  answers.settle(query);
}

function go(query: string, place: Place | null): void {
  tour.show(place);
  take(stateOf(controls, query), false);
}

const tour = new Tour(go);
const panel = new ControlPanel(
  controls,
  {
    moved: (name, value) => take(new Map(state).set(name, value), true),
    released: () => take(state, false),
  },
  () => go("", null),
  () => take(new Map(state).set("steps", String(Number(state.get("steps")) + 1)), false),
);
const copy = button("Copy", () => void navigator.clipboard.writeText(commands.textContent));

document
  .getElementById("page")
  ?.replaceChildren(
    element(
      "header",
      {},
      element("p", { class: "name" }, "Shatterproof laboratory"),
      element("h1", {}, "Does the gradient remember itself?"),
      element(
        "p",
        { class: "facts" },
        "One network, drawn once, seen along a line of inputs. Everything is computed by the program on this machine.",
      ),
      schemeButton(),
    ),
    element(
      "main",
      { class: "laboratory" },
      element("div", { class: "side" }, tour.box, panel.box),
      element(
        "div",
        { class: "shown" },
        refusal,
        numbers,
        said,
        results,
        element(
          "section",
          { id: "take" },
          element("h2", {}, "The same numbers elsewhere"),
          commands,
          element("div", { class: "tools" }, copy),
          files,
          time,
        ),
      ),
    ),
  );

window.addEventListener("hashchange", () => {
  const query = location.hash.slice(1);
  go(query, placeOf(new URLSearchParams(query).get("story")));
});
const first = new URLSearchParams(location.hash.slice(1)).get("story");
tour.show(placeOf(first));
take(state, false);
