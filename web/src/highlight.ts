// SPDX-License-Identifier: Apache-2.0
// The one layer that is highlighted, everywhere at once.

type Listener = (depth: number | null) => void;

/** Layers are named by their depth, which is what the axis of every profile counts. */
export class Highlight {
  private depth: number | null = null;
  private readonly listeners: Listener[] = [];

  get current(): number | null {
    return this.depth;
  }

  /** Highlights a layer, or none; choosing the same again takes it back when `toggles`. */
  choose(depth: number | null, toggles = false): void {
    this.depth = toggles && depth === this.depth ? null : depth;
    for (const listener of this.listeners) listener(this.depth);
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
    listener(this.depth);
  }
}
