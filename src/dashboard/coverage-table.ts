import type { ForecastLevel } from '../protocol/items.ts';
import { createElement, setText } from './element.ts';
import { formatShare } from './format.ts';

/**
 * For each band, the share of past readings that did fall inside it, beside the share it claims.
 */
export class CoverageTable {
  readonly #container: HTMLElement;
  #rows: { level: number; value: HTMLElement; fill: HTMLElement; mark: HTMLElement }[];

  constructor(container: HTMLElement) {
    this.#container = container;
    this.#rows = [];
  }

  render(levels: readonly ForecastLevel[]): void {
    const same = levels.every(({ level }, index) => this.#rows[index]?.level === level);
    if (!same || levels.length !== this.#rows.length) this.#build(levels);
    levels.forEach(({ coverage }, index) => {
      const row = this.#rows[index]!;
      setText(row.value, coverage === null ? 'not yet' : formatShare(coverage));
      row.fill.style.width = `${(coverage ?? 0) * 100}%`;
    });
  }

  #build(levels: readonly ForecastLevel[]): void {
    this.#rows = levels.map(({ level }) => {
      const fill = createElement('span', 'cover-fill');
      const mark = createElement('span', 'cover-mark');
      mark.style.left = `${level * 100}%`;
      mark.title = `claimed: ${formatShare(level)}`;
      return { level, value: createElement('span', 'cover-value'), fill, mark };
    });
    const lines = this.#rows.map(({ level, value, fill, mark }) => {
      const bar = createElement('span', 'cover-bar', fill, mark);
      bar.setAttribute('aria-hidden', 'true');
      const term = createElement('dt', '', `${formatShare(level)} band`);
      return createElement('div', 'cover', term, createElement('dd', '', bar, value));
    });
    this.#container.replaceChildren(...lines);
  }
}
