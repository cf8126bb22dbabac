import type { HttpSource } from './http-source.ts';
import { recentMax, type StreamBoard } from './stream-board.ts';

const requestsMax = 4;

/**
 * Fetches the recent past of streams whose rows come into view, each once, at most four at a time.
 * What cannot be fetched is left to the live readings.
 */
export class SparklineLoader {
  readonly #http: HttpSource;
  readonly #board: StreamBoard;
  readonly #loaded: () => void;
  readonly #asked: Set<string>;
  readonly #queue: string[];
  #running: number;

  constructor(http: HttpSource, board: StreamBoard, loaded: () => void) {
    this.#http = http;
    this.#board = board;
    this.#loaded = loaded;
    this.#asked = new Set();
    this.#queue = [];
    this.#running = 0;
  }

  request(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#asked.has(id)) continue;
      this.#asked.add(id);
      this.#queue.push(id);
    }
    while (this.#running < requestsMax && this.#queue.length > 0) {
      void this.#load(this.#queue.shift()!);
    }
  }

  async #load(id: string): Promise<void> {
    this.#running += 1;
    try {
      const { v } = await this.#http.history(id, recentMax);
      this.#board.seed(id, v);
      this.#loaded();
    } catch {
      // The row draws what arrives live; the connection's own state tells of a lost server.
    } finally {
      this.#running -= 1;
      this.request([]);
    }
  }
}
