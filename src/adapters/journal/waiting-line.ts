/** Those who wait for a number to be reached. */
export class WaitingLine {
  #waiting: {
    readonly position: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[];

  constructor() {
    this.#waiting = [];
  }

  /** Resolves at once when `now` is there already. */
  wait(position: number, now: number): Promise<void> {
    if (position <= now) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ position, resolve, reject });
    });
  }

  reached(now: number): void {
    const there = this.#waiting.filter(({ position }) => position <= now);
    if (there.length === 0) return;
    this.#waiting = this.#waiting.filter(({ position }) => position > now);
    for (const { resolve } of there) resolve();
  }

  refuse(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}
