import { catchError, EMPTY, Subscription } from 'rxjs';
import type { Client } from '../client/connect.ts';
import type { ForecastItem, Item } from '../protocol/items.ts';
import { globOfId } from './deep-link.ts';
import type { HttpSource } from './http-source.ts';
import { type History, SeriesWindow } from './series-window.ts';

const pointsMax = 2000;

/**
 * The stream in the panel: its newest 2,000 readings and its newest forecast. It has its own
 * subscription, so that it is complete and quick whatever else the page shows; `close` gives it
 * back.
 */
export class ChosenStream {
  readonly id: string;
  readonly #http: HttpSource;
  readonly #changed: () => void;
  readonly #window: SeriesWindow;
  readonly #feed: Subscription;
  #forecast: ForecastItem | null;

  constructor(id: string, client: Client, http: HttpSource, changed: () => void) {
    this.id = id;
    this.#http = http;
    this.#changed = changed;
    this.#window = new SeriesWindow(pointsMax);
    this.#forecast = null;
    this.#feed = new Subscription();
    const items$ = client.items$({
      streams: [globOfId(id)],
      kinds: ['reading', 'forecast'],
      mode: 'all',
    });
    this.#feed.add(
      items$.pipe(catchError(() => EMPTY)).subscribe(({ items }) => {
        for (const item of items) this.#take(item);
        changed();
      }),
    );
  }

  get history(): History {
    return this.#window.columns;
  }

  get forecast(): ForecastItem | null {
    return this.#forecast;
  }

  /** Fetches the past, at the start and again after each loss of the connection. */
  async load(): Promise<void> {
    try {
      const history = await this.#http.history(this.id, pointsMax);
      if (this.#feed.closed) return;
      this.#window.merge(history);
      this.#changed();
    } catch {
      // A stream without readings has no history; live readings fill the chart, and `ready` asks
      // again.
    }
  }

  close(): void {
    this.#feed.unsubscribe();
  }

  #take(item: Item): void {
    if (item.kind === 'model' || item.stream !== this.id) return;
    if (item.kind === 'reading') this.#window.push(item);
    else if (item.kind === 'forecast') this.#forecast = item;
  }
}
