import type { ForecastItem, ForecastState, ModelItem } from '../protocol/items.ts';
import { type ChartData, prepareChart, visibleSpan } from './chart-data.ts';
import { CoverageTable } from './coverage-table.ts';
import { byId, setText } from './element.ts';
import { ForecastChart } from './forecast-chart.ts';
import {
  describeSkill,
  formatDuration,
  formatMoment,
  formatShare,
  formatValue,
  formatWithUnit,
} from './format.ts';
import { LevelLegend } from './level-legend.ts';
import type { History } from './series-window.ts';

/** Everything the panel shows of the chosen stream. */
export interface PanelView {
  readonly stream: string;
  readonly unit: string | null;
  readonly history: History;
  /** Milliseconds; null before the second reading. */
  readonly cadence: number | null;
  /** Null: no such stream is known. */
  readonly state: ForecastState | null;
  readonly forecast: ForecastItem | null;
  /** What last happened to the stream's model, and when the page learned of it. */
  readonly model: { readonly item: ModelItem; readonly seenAt: number } | null;
}

const stateNotes: Record<ForecastState, string> = {
  warming: 'The best naive forecast is shown until the model has earned its place.',
  ok: 'The model forecasts.',
  fallback: 'A naive forecast does better at present, so it is shown.',
  stale: 'No reading has come for a while: the forecast is old.',
};

/** Steps of history beside the forecast; null: all that is kept. */
const spans: Record<string, number | null> = { near: 96, wide: 480, all: null };

/** The chosen stream: its figures, its chart and what is known of the forecast's quality. */
export class StreamPanel {
  readonly #now: () => number;
  readonly #chart: ForecastChart;
  readonly #coverage: CoverageTable;
  readonly #legend: LevelLegend;
  #view: PanelView | null;
  #data: ChartData | null;
  #stepsBack: number | null;

  /** `now` tells the day, so that moments of today are written without it. */
  constructor(now: () => number, onSpan: () => void) {
    this.#now = now;
    this.#chart = new ForecastChart(byId('chart', HTMLElement), (index) => this.#readOut(index));
    this.#coverage = new CoverageTable(byId('coverage', HTMLElement));
    this.#legend = new LevelLegend(byId('legend-levels', HTMLElement));
    this.#view = null;
    this.#data = null;
    this.#stepsBack = spans['near'] ?? null;
    byId('spans', HTMLElement).addEventListener('change', (event) => {
      const { value } = event.target as HTMLInputElement;
      this.#stepsBack = spans[value] ?? null;
      onSpan();
    });
  }

  render(view: PanelView): void {
    this.#view = view;
    const { forecast, history, cadence } = view;
    this.#data = prepareChart(history, forecast);
    const span = visibleSpan(this.#data, forecast?.step ?? cadence, this.#stepsBack);
    this.#chart.show(span === null ? null : { data: this.#data, span });
    byId('chart-empty', HTMLElement).hidden = span !== null;
    this.#renderHeadline(view);
    this.#renderOutlook(view);
    this.#renderModel(view);
    const levels = forecast?.levels ?? [];
    this.#coverage.render(levels);
    this.#legend.render(levels.map(({ level }) => level));
  }

  #renderHeadline({ stream, unit, history, state }: PanelView): void {
    setText(byId('stream-name', HTMLElement), stream);
    const badge = byId('stream-state', HTMLElement);
    badge.hidden = state === null;
    badge.dataset['state'] = state ?? '';
    setText(badge, state ?? '');
    const note = state === null ? 'No stream of this name is known yet.' : stateNotes[state];
    setText(byId('stream-state-note', HTMLElement), note);
    const last = history.v.at(-1) ?? null;
    const t = history.t.at(-1);
    setText(byId('last-value', HTMLElement), formatWithUnit(last, unit));
    const when = t === undefined ? 'no reading yet' : formatMoment(t, this.#now());
    setText(
      byId('last-time', HTMLElement),
      last === null && t !== undefined ? `missing, ${when}` : when,
    );
  }

  /** The forecast's end in words, which is also what the chart says to those who cannot see it. */
  #renderOutlook({ stream, unit, forecast, history }: PanelView): void {
    const outlook = outlookOf(forecast);
    const median = formatWithUnit(outlook?.median ?? null, unit);
    setText(
      byId('outlook-label', HTMLElement),
      outlook === null ? 'Forecast' : `In ${outlook.ahead}`,
    );
    setText(byId('outlook-value', HTMLElement), median);
    setText(byId('outlook-range', HTMLElement), outlook?.range ?? 'after the second reading');
    const last = formatWithUnit(history.v.at(-1) ?? null, unit);
    const spoken =
      outlook === null
        ? 'no forecast yet'
        : `forecast in ${outlook.ahead}: ${median}, ${outlook.range}`;
    const label = `${stream}: last value ${last}; ${spoken}.`;
    byId('chart', HTMLElement).setAttribute('aria-label', label);
  }

  #renderModel({ forecast, model }: PanelView): void {
    setText(byId('skill', HTMLElement), describeSkill(forecast?.skill ?? null));
    setText(byId('model', HTMLElement), forecast?.model ?? '–');
    const event =
      model === null
        ? 'Nothing has happened to it since this page was opened.'
        : describeEvent(model.item, formatMoment(model.seenAt, this.#now()));
    setText(byId('model-event', HTMLElement), event);
  }

  #readOut(index: number | null): void {
    setText(byId('readout', HTMLElement), this.#describe(index));
  }

  #describe(index: number | null): string {
    const data = this.#data;
    const t = index === null ? undefined : data?.x[index];
    if (data === null || index === null || t === undefined) return '';
    const unit = this.#view?.unit ?? null;
    const parts = [formatMoment(t, this.#now())];
    const reading = data.reading[index] ?? null;
    const median = data.median[index] ?? null;
    if (reading !== null) parts.push(`reading ${formatWithUnit(reading, unit)}`);
    else if (median !== null) parts.push(`median ${formatWithUnit(median, unit)}`);
    for (const { level, lower, upper } of reading === null ? data.bands : []) {
      const low = lower[index] ?? null;
      if (low !== null) {
        parts.push(
          `${formatShare(level)} ${formatValue(low)} to ${formatValue(upper[index] ?? null)}`,
        );
      }
    }
    return parts.join(' · ');
  }
}

/** The end of a forecast: how far ahead, its median, and the widest band as text. */
function outlookOf(forecast: ForecastItem | null) {
  const target = forecast?.targets.at(-1);
  if (forecast === null || target === undefined) return null;
  const widest = forecast.levels.toSorted((a, b) => b.level - a.level)[0];
  const lower = formatValue(widest?.lower.at(-1) ?? null);
  const upper = formatValue(widest?.upper.at(-1) ?? null);
  return {
    ahead: formatDuration(target - forecast.issued),
    median: forecast.median.at(-1) ?? null,
    range: widest === undefined ? '' : `${lower} to ${upper} (${formatShare(widest.level)})`,
  };
}

function describeEvent({ event, version, loss }: ModelItem, moment: string): string {
  const what = `${event.charAt(0).toUpperCase()}${event.slice(1)}`;
  const cost = loss === null ? '' : `, loss ${formatValue(loss)}`;
  return `${what} as version ${version} at ${moment}${cost}.`;
}
