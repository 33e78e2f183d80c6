// SPDX-License-Identifier: Apache-2.0
// What the program answers. While somebody drags, one picture is asked for at a time, of where the slider is by then;
// when nobody does, everything is. What is outdated is called off.

export type Detail = "picture" | "whole";

export interface Answer {
  readonly detail: Detail;
  readonly network: string;
  readonly commands: readonly string[];
  /** That the program took. */
  readonly milliseconds: number;
  /** From the change to the answer. */
  readonly waited: number;
  /** A results file. */
  readonly results: string;
}

interface Wish {
  readonly query: string;
  readonly since: number;
}

export interface Listener {
  answered(answer: Answer): void;
  refused(line: string): void;
  busy(isBusy: boolean): void;
}

const ENDED = "The laboratory has ended, or cannot be reached. Start it again with: shatterproof lab";
const REST = 220;

function answerOf(text: string, detail: Detail, since: number): Answer {
  const end = text.indexOf("\n");
  const head = JSON.parse(text.slice(0, end)) as Pick<Answer, "network" | "commands" | "milliseconds">;
  return { ...head, detail, results: text.slice(end + 1), waited: performance.now() - since };
}

export class Answers {
  private running: { readonly detail: Detail; readonly abort: AbortController } | null = null;
  private next: Wish | null = null;
  private last: Wish | null = null;
  private timer: number | undefined;

  constructor(private readonly listener: Listener) {}

  /** The state has changed, and may change again at once. */
  change(query: string): void {
    this.next = this.last = { query, since: performance.now() };
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.settle(), REST);
    if (this.running?.detail === "whole") this.callOff();
    if (!this.running) void this.run("picture");
  }

  /** Nobody drags: the state is shown whole. */
  settle(query?: string): void {
    clearTimeout(this.timer);
    if (query !== undefined) this.last = { query, since: performance.now() };
    if (!this.last) return;
    this.callOff();
    this.next = this.last;
    void this.run("whole");
  }

  private callOff(): void {
    this.running?.abort.abort();
    this.running = null;
  }

  private takeNext(): Wish | null {
    const wish = this.next;
    this.next = null;
    return wish;
  }

  private isRunning(abort: AbortController): boolean {
    return this.running?.abort === abort;
  }

  private async run(detail: Detail): Promise<void> {
    const wish = this.takeNext();
    if (!wish) return;
    const own = { detail, abort: new AbortController() };
    this.running = own;
    this.listener.busy(true);
    const tell = await this.ask(wish, detail, own.abort.signal);
    if (!this.isRunning(own.abort)) return; // called off
    tell();
    this.running = null;
    this.listener.busy(false);
    await this.run("picture");
  }

  /** What there is to tell when it has come. */
  private async ask(wish: Wish, detail: Detail, signal: AbortSignal): Promise<() => void> {
    const asked = [wish.query, detail === "picture" ? "detail=picture" : ""].filter((part) => part).join("&");
    try {
      const response = await fetch(`results?${asked}`, { signal });
      const text = await response.text();
      if (!response.ok) return () => this.listener.refused(text.trim());
      return () => this.listener.answered(answerOf(text, detail, wish.since));
    } catch (error) {
      return () => this.listener.refused(error instanceof TypeError ? ENDED : String(error));
    }
  }
}
