import { oddScore } from './attention.ts';
import { formatDeepLink } from './deep-link.ts';
import { createElement, createSvg, setText } from './element.ts';
import { formatShare, formatValue, formatWithUnit } from './format.ts';
import { sparklinePath } from './sparkline.ts';
import type { BoardEntry } from './stream-board.ts';

const sparkWidth = 72;
const sparkHeight = 22;
const sparkPadding = 3;

/** One line of the list: a link whose address is the stream's deep link. */
export class StreamRow {
  readonly item: HTMLLIElement;
  readonly link: HTMLAnchorElement;
  readonly #line: SVGPathElement;
  readonly #value: HTMLElement;
  readonly #state: HTMLElement;
  readonly #skill: HTMLElement;

  constructor(id: string) {
    this.#line = createSvg('path', { class: 'spark-line' });
    const box = [-sparkPadding, -sparkPadding, sparkWidth + 2 * sparkPadding];
    const svg = createSvg('svg', {
      class: 'spark',
      viewBox: `${box.join(' ')} ${sparkHeight + 2 * sparkPadding}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    });
    svg.append(this.#line);
    this.#value = createElement('span', 'row-value');
    this.#state = createElement('span', 'badge');
    this.#skill = createElement('span', 'row-skill');
    const name = createElement('span', 'row-name', id);
    name.title = id;
    const notes = createElement('span', 'row-notes', this.#state, this.#skill);
    this.link = createElement('a', 'row', name, notes, svg, this.#value);
    this.link.href = formatDeepLink(id);
    this.link.tabIndex = -1;
    this.item = createElement('li', '', this.link);
    this.item.dataset['stream'] = id;
  }

  update(entry: BoardEntry): void {
    setText(this.#value, formatWithUnit(entry.v, entry.unit));
    const odd = (entry.score ?? 0) >= oddScore;
    setText(this.#state, odd ? 'odd' : entry.state);
    this.#state.dataset['state'] = odd ? 'odd' : entry.state;
    this.#state.title = odd ? `Anomaly score ${formatValue(entry.score)}` : '';
    setText(this.#skill, entry.skill === null ? '' : `skill ${formatShare(entry.skill)}`);
    this.#line.setAttribute('d', sparklinePath(entry.recent, sparkWidth, sparkHeight));
  }

  choose(chosen: boolean): void {
    if (chosen) this.link.setAttribute('aria-current', 'true');
    else this.link.removeAttribute('aria-current');
  }
}
