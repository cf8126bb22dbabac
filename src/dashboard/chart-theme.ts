/**
 * The chart's colours: canvas cannot read custom properties, so they are read once for each theme.
 */
export interface ChartTheme {
  readonly axis: string;
  readonly grid: string;
  readonly reading: string;
  readonly forecast: string;
  /** Fills of the bands from the widest to the narrowest; they lie on one another. */
  readonly bands: readonly string[];
  readonly surface: string;
  readonly font: string;
}

export function readChartTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    axis: read('--muted'),
    grid: read('--grid'),
    reading: read('--reading'),
    forecast: read('--forecast'),
    bands: [read('--band-wide'), read('--band-middle'), read('--band-narrow')],
    surface: read('--surface'),
    font: `12px ${read('--font')}`,
  };
}

/** Calls back whenever the reader's colour scheme changes. */
export function onThemeChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}
