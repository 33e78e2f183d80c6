// SPDX-License-Identifier: Apache-2.0

import { button } from "./element.ts";

/** Light or dark, whatever the system prefers. */
export function schemeButton(): HTMLButtonElement {
  const root = document.documentElement;
  const isDark = (): boolean =>
    root.dataset.scheme ? root.dataset.scheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const label = (): string => (isDark() ? "Light" : "Dark");
  const made = button(label(), () => {
    root.dataset.scheme = isDark() ? "light" : "dark";
    made.textContent = label();
  });
  return made;
}
