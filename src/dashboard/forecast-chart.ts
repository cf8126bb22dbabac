import uPlot from 'uplot';
import type { ChartData } from './chart-data.ts';
import { type ChartTheme, onThemeChange, readChartTheme } from './chart-theme.ts';
import { formatTicks, formatValue } from './format.ts';

export interface ChartView {
  readonly data: ChartData;
  readonly span: { readonly from: number; readonly to: number };
}

/**
 * The live chart: readings, the median and its bands, and the "now" line between what was and what
 * is expected. It fills its container's width and keeps the height the stylesheet gives it. The
 * number of bands may change from one stream to another; the plot is then built anew, otherwise
 * only its data change.
 */
export class ForecastChart {
  readonly #container: HTMLElement;
  readonly #onCursor: (index: number | null) => void;
  #theme: ChartTheme;
  #plot: uPlot | null;
  #bandCount: number;
  #view: ChartView | null;

  constructor(container: HTMLElement, onCursor: (index: number | null) => void) {
    this.#container = container;
    this.#onCursor = onCursor;
    this.#theme = readChartTheme();
    this.#plot = null;
    this.#bandCount = -1;
    this.#view = null;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(container);
    onThemeChange(() => {
      this.#theme = readChartTheme();
      this.#plot?.redraw(false, true);
    });
  }

  /** Null empties the chart. */
  show(view: ChartView | null): void {
    this.#view = view;
    if (view === null) {
      this.#plot?.destroy();
      this.#plot = null;
      return;
    }
    const { x, reading, median, bands } = view.data;
    const columns = [x, ...bands.flatMap(({ upper, lower }) => [upper, lower]), median, reading];
    if (this.#plot === null || bands.length !== this.#bandCount) this.#build(bands.length);
    this.#plot?.batch(() => {
      this.#plot?.setData(columns as uPlot.AlignedData, false);
      this.#plot?.setScale('x', { min: view.span.from, max: view.span.to });
    });
  }

  #build(bandCount: number): void {
    this.#plot?.destroy();
    this.#bandCount = bandCount;
    this.#plot = new uPlot(this.#options(bandCount), undefined, this.#container);
  }

  #size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.#container;
    return { width: Math.max(clientWidth, 120), height: Math.max(clientHeight, 120) };
  }

  #options(bandCount: number): uPlot.Options {
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    for (let band = 0; band < bandCount; band++) {
      const upper = series.length;
      series.push(boundSeries(), boundSeries());
      bands.push({ series: [upper, upper + 1], fill: () => this.#bandFill(band, bandCount) });
    }
    series.push({
      stroke: () => this.#theme.forecast,
      width: 2,
      dash: [6, 4],
      points: { show: false },
    });
    series.push({
      stroke: () => this.#theme.reading,
      width: 2,
      points: { size: 5, space: 16, fill: () => this.#theme.reading },
    });
    return {
      ...this.#size(),
      ms: 1,
      series,
      bands,
      scales: {
        x: { time: true, auto: false },
        y: { range: { min: { pad: 0.1, mode: 0 }, max: { pad: 0.1, mode: 0 } } },
      },
      axes: [this.#timeAxis(), this.#valueAxis()],
      legend: { show: false },
      padding: [18, 12, 0, 0],
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
      hooks: {
        draw: [(plot) => this.#drawNow(plot)],
        setCursor: [(plot) => this.#onCursor(plot.cursor.idx ?? null)],
      },
    };
  }

  /** The narrowest band is always the darkest, however many there are. */
  #bandFill(band: number, bandCount: number): string {
    const { bands } = this.#theme;
    const fromNarrowest = bandCount - 1 - band;
    return bands[Math.max(0, bands.length - 1 - fromNarrowest)] ?? 'transparent';
  }

  #timeAxis(): uPlot.Axis {
    return {
      ...this.#axis(),
      size: 44,
      space: 72,
      values: (_plot, ticks, _axis, _space, increment) => formatTicks(ticks, increment),
    };
  }

  #valueAxis(): uPlot.Axis {
    return {
      ...this.#axis(),
      size: (plot, labels) => {
        const widest = (labels ?? []).reduce((a, b) => (b.length > a.length ? b : a), '');
        // The plot remembers the font it has set: ours must not stay behind.
        plot.ctx.save();
        plot.ctx.font = this.#theme.font;
        const widthPx = plot.ctx.measureText(widest).width;
        plot.ctx.restore();
        return Math.ceil(widthPx) + 22;
      },
      values: (_plot, ticks) => ticks.map(formatValue),
    };
  }

  #axis(): uPlot.Axis {
    return {
      stroke: () => this.#theme.axis,
      font: this.#theme.font,
      grid: { stroke: () => this.#theme.grid, width: 1 },
      ticks: { show: false },
    };
  }

  #drawNow(plot: uPlot): void {
    const now = this.#view?.data.now ?? null;
    if (now === null) return;
    const { ctx, bbox } = plot;
    const x = Math.round(plot.valToPos(now, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.strokeStyle = this.#theme.axis;
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillStyle = this.#theme.axis;
    ctx.font = this.#theme.font.replace(/^\d+/, (px) => String(Number(px) * ratio));
    ctx.textAlign = 'center';
    ctx.textBaseline = 'bottom';
    ctx.fillText('now', x, bbox.top - 4 * ratio);
    ctx.restore();
  }
}

/** A band's edge: it bounds the fill and is not drawn itself. */
function boundSeries(): uPlot.Series {
  return { stroke: 'transparent', width: 0, points: { show: false } };
}
