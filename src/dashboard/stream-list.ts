import { byId, setText } from './element.ts';
import type { StreamBoard } from './stream-board.ts';
import { StreamRow } from './stream-row.ts';

/**
 * The list of streams: rows in order of their ids, made once and updated only while they are in
 * view, so that hundreds of live streams cost what the dozen visible ones do. One row is a tab
 * stop; arrow keys, Home and End move between rows.
 */
export class StreamList {
  readonly #board: StreamBoard;
  readonly #list: HTMLUListElement;
  readonly #search: HTMLInputElement;
  readonly #note: HTMLElement;
  readonly #rows: Map<string, StreamRow>;
  readonly #visible: Set<string>;
  readonly #stale: Set<string>;
  readonly #observer: IntersectionObserver;
  #chosen: string | null;

  /**
   * `onVisible` is told each time rows come into view; `onSearch` when what is searched for
   * changes.
   */
  constructor(board: StreamBoard, onVisible: (ids: string[]) => void, onSearch: () => void) {
    this.#board = board;
    this.#list = byId('stream-list', HTMLUListElement);
    this.#search = byId('search', HTMLInputElement);
    this.#note = byId('list-note', HTMLElement);
    this.#rows = new Map();
    this.#visible = new Set();
    this.#stale = new Set();
    this.#observer = new IntersectionObserver((changes) => this.#see(changes, onVisible), {
      rootMargin: '200px',
    });
    this.#chosen = null;
    this.#search.addEventListener('input', () => {
      this.#filter();
      onSearch();
    });
    this.#list.addEventListener('keydown', (event) => this.#move(event));
  }

  choose(id: string | null): void {
    if (this.#chosen !== null) this.#rows.get(this.#chosen)?.choose(false);
    this.#chosen = id;
    if (id !== null) this.#rows.get(id)?.choose(true);
    this.#keepTabStop();
    this.#reveal();
  }

  /** Brings the rows up to date with the board; to be called once a frame. */
  render(): void {
    const changed = this.#board.takeChanged();
    let reordered = false;
    for (const id of changed) {
      if (this.#board.get(id) === null) this.#remove(id);
      else if (!this.#rows.has(id)) {
        this.#add(id);
        reordered = true;
      }
      this.#stale.add(id);
    }
    if (reordered) this.#order();
    for (const id of this.#stale) this.#updateIfVisible(id);
    this.#describe();
  }

  #updateIfVisible(id: string): void {
    const entry = this.#board.get(id);
    if (entry !== null && !this.#visible.has(id)) return;
    this.#stale.delete(id);
    if (entry !== null) this.#rows.get(id)?.update(entry);
  }

  #see(changes: IntersectionObserverEntry[], onVisible: (ids: string[]) => void): void {
    const arrived: string[] = [];
    for (const { target, isIntersecting } of changes) {
      const id = (target as HTMLElement).dataset['stream'] ?? '';
      if (!isIntersecting) this.#visible.delete(id);
      else if (!this.#visible.has(id)) {
        this.#visible.add(id);
        arrived.push(id);
      }
    }
    for (const id of arrived) this.#updateIfVisible(id);
    if (arrived.length > 0) onVisible(arrived);
  }

  #add(id: string): void {
    const row = new StreamRow(id);
    this.#rows.set(id, row);
    row.choose(id === this.#chosen);
    this.#observer.observe(row.item);
  }

  #remove(id: string): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#observer.unobserve(row.item);
    row.item.remove();
    this.#rows.delete(id);
    this.#visible.delete(id);
    this.#keepTabStop();
  }

  #order(): void {
    const ids = [...this.#rows.keys()].sort();
    // Appending moves a row that is already there; one call keeps it to one layout.
    this.#list.replaceChildren(...ids.map((id) => this.#rows.get(id)!.item));
    this.#filter();
    this.#reveal();
  }

  /** Scrolls the list, never the page: on a phone the chart stays where it is. */
  #reveal(): void {
    const item = this.#rows.get(this.#chosen ?? '')?.item;
    if (item === undefined || !item.isConnected) return;
    const list = this.#list;
    const top = item.offsetTop;
    const room = list.clientHeight - item.offsetHeight;
    if (top < list.scrollTop || top > list.scrollTop + room) list.scrollTop = top - room / 2;
  }

  #filter(): void {
    const words = this.#search.value.toLowerCase().split(/\s+/);
    for (const [id, row] of this.#rows) {
      const name = id.toLowerCase();
      row.item.hidden = !words.every((word) => name.includes(word));
    }
    this.#keepTabStop();
  }

  #shownRows(): StreamRow[] {
    const shown: StreamRow[] = [];
    for (const item of this.#list.children) {
      const row = this.#rows.get((item as HTMLElement).dataset['stream'] ?? '');
      if (row !== undefined && !row.item.hidden) shown.push(row);
    }
    return shown;
  }

  #keepTabStop(): void {
    const shown = this.#shownRows();
    const chosen = shown.find((row) => row.item.dataset['stream'] === this.#chosen);
    const stop = chosen ?? shown[0];
    for (const row of this.#rows.values()) row.link.tabIndex = row === stop ? 0 : -1;
  }

  #move(event: KeyboardEvent): void {
    const shown = this.#shownRows();
    const index = shown.findIndex((row) => row.link === document.activeElement);
    if (index === -1) return;
    const last = shown.length - 1;
    const targets: Record<string, number> = {
      ArrowDown: Math.min(index + 1, last),
      ArrowUp: Math.max(index - 1, 0),
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    shown[target]?.link.focus();
  }

  #describe(): void {
    const searching = this.#search.value.trim() !== '';
    const { count, beyondCount } = this.#board;
    if (searching && this.#shownRows().length === 0)
      setText(this.#note, 'No stream has this name.');
    else if (beyondCount > 0) setText(this.#note, `The first ${count} streams are listed.`);
    else setText(this.#note, '');
  }
}
