import { catchError, distinctUntilChanged, EMPTY, interval } from 'rxjs';
import type { Client } from '../client/connect.ts';
import type { Item, ModelItem } from '../protocol/items.ts';
import { mostInNeed } from './attention.ts';
import { ChosenStream } from './chosen-stream.ts';
import { byId } from './element.ts';
import { formatWithUnit } from './format.ts';
import { frameTrigger } from './frame-trigger.ts';
import type { HttpSource } from './http-source.ts';
import { SparklineLoader } from './sparkline-loader.ts';
import { StatusBar } from './status-bar.ts';
import { StreamBoard } from './stream-board.ts';
import { StreamList } from './stream-list.ts';
import { StreamPanel } from './stream-panel.ts';

/** Rows the page keeps; the rest is counted and found by a narrower page. */
const entriesMax = 2000;
const listingEveryMs = 10_000;
const sampleEveryMs = 2000;

export interface LivePageOptions {
  readonly client: Client;
  readonly http: HttpSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The stream the address names at present; null: none. */
  readonly linkedStream: () => string | null;
}

/**
 * The page while it may read: the list, the chosen stream and the header, drawn at most once a
 * frame.
 *
 *   subscription "**" ─▶ board ─▶ list     listing, every 10 s ─▶ board (states, units, skill)
 *   subscription of the chosen stream ─▶ panel    history over HTTP ─▶ panel, sparklines
 */
export class LivePage {
  readonly #options: LivePageOptions;
  readonly #board: StreamBoard;
  readonly #list: StreamList;
  readonly #panel: StreamPanel;
  readonly #status: StatusBar;
  readonly #models: Map<string, { item: ModelItem; seenAt: number }>;
  readonly #draw: () => void;
  #chosen: ChosenStream | null;
  #listed: boolean;

  constructor(options: LivePageOptions) {
    this.#options = options;
    this.#draw = frameTrigger(() => this.#render());
    this.#board = new StreamBoard(entriesMax);
    const sparklines = new SparklineLoader(options.http, this.#board, this.#draw);
    this.#list = new StreamList(this.#board, (ids) => sparklines.request(ids), this.#draw);
    this.#panel = new StreamPanel(options.now, this.#draw);
    this.#status = new StatusBar(options.now());
    this.#models = new Map();
    this.#chosen = null;
    this.#listed = false;
    this.#follow();
  }

  /** Shows the stream the address names, or else the one that needs attention most. */
  chooseLinked(): void {
    const id =
      this.#options.linkedStream() ?? this.#chosen?.id ?? mostInNeed(this.#board.entries());
    if (id === null || id === this.#chosen?.id) return;
    const { client, http } = this.#options;
    this.#chosen?.close();
    const chosen = new ChosenStream(id, client, http, () => {
      if (chosen.forecast !== null) this.#board.judge(chosen.forecast);
      this.#draw();
    });
    this.#chosen = chosen;
    void chosen.load();
    this.#list.choose(id);
    this.#draw();
  }

  #follow(): void {
    const { client } = this.#options;
    client.state$.pipe(distinctUntilChanged()).subscribe((state) => {
      this.#status.connection(state);
      if (state !== 'ready') return;
      void this.#refresh();
      void this.#chosen?.load();
    });
    client
      .items$({ streams: ['**'], kinds: ['reading', 'model'], mode: 'latest' })
      .pipe(catchError(() => EMPTY))
      .subscribe(({ items }) => {
        for (const item of items) this.#take(item);
        this.#draw();
      });
    interval(listingEveryMs).subscribe(() => {
      if (!document.hidden) void this.#refresh();
    });
    interval(sampleEveryMs).subscribe(() => this.#sample());
    document.addEventListener('visibilitychange', this.#draw);
    byId('publish-host', HTMLElement).textContent = location.hostname;
  }

  async #refresh(): Promise<void> {
    try {
      this.#board.list(await this.#options.client.streams('**', entriesMax));
    } catch {
      // The connection's state tells of a lost server; the next round asks again.
      return;
    }
    const first = !this.#listed;
    this.#listed = true;
    if (first) this.#sample();
    if (this.#chosen === null) this.chooseLinked();
    this.#draw();
  }

  #take(item: Item): void {
    if (item.kind === 'reading') this.#board.read(item);
    else if (item.kind === 'model') {
      this.#models.set(item.model, { item, seenAt: this.#options.now() });
    }
  }

  #sample(): void {
    if (!this.#listed) return;
    this.#status.sample(this.#options.now(), this.#board.count, this.#board.readings);
  }

  #render(): void {
    if (this.#listed && this.#chosen === null && this.#board.count > 0) this.chooseLinked();
    this.#list.render();
    const chosen = this.#chosen;
    byId('connecting', HTMLElement).hidden = this.#listed || chosen !== null;
    byId('waiting', HTMLElement).hidden = !this.#listed || chosen !== null;
    byId('panel', HTMLElement).hidden = chosen === null;
    byId('streams', HTMLElement).hidden = this.#board.count === 0;
    if (chosen === null) return;
    const entry = this.#board.get(chosen.id);
    const model = chosen.forecast?.model.replace(/@[^@]*$/, '');
    this.#panel.render({
      stream: chosen.id,
      unit: entry?.unit ?? null,
      history: chosen.history,
      cadence: entry?.cadence ?? null,
      state: entry?.state ?? chosen.forecast?.state ?? null,
      forecast: chosen.forecast,
      model: (model === undefined ? null : this.#models.get(model)) ?? null,
    });
    const value = formatWithUnit(chosen.history.v.at(-1) ?? null, entry?.unit ?? null);
    document.title = `${value} · ${chosen.id} · Inkling`;
  }
}
