import { createElement } from './element.ts';
import { formatShare } from './format.ts';

/** The legend's swatches of the bands, narrowest first; rebuilt only when the levels are others. */
export class LevelLegend {
  readonly #container: HTMLElement;
  #shown: string;

  constructor(container: HTMLElement) {
    this.#container = container;
    this.#shown = '';
  }

  render(levels: readonly number[]): void {
    const ascending = levels.toSorted((a, b) => a - b);
    if (ascending.join() === this.#shown) return;
    this.#shown = ascending.join();
    const entries = ascending.map((level, index) => {
      const swatch = createElement('span', 'swatch swatch-band');
      // Colours are given to the three narrowest; wider ones share the faintest.
      swatch.dataset['depth'] = String(Math.min(index, 2));
      return createElement('span', 'legend-entry', swatch, formatShare(level));
    });
    this.#container.replaceChildren(...entries);
  }
}
