import { Subject } from 'rxjs';
import type { Outcomes, StepOutcome } from '../../src/engine/outcome.ts';
import type {
  ModelSummary,
  OutcomeFeed,
  StreamDirectory,
  StreamHistory,
  StreamState,
  StreamSummary,
} from '../../src/pipeline/ports.ts';
import type {
  AnomalyItem,
  ForecastItem,
  ModelItem,
  ReadingItem,
} from '../../src/protocol/items.ts';

interface MemoryStream {
  row: number;
  readings: ReadingItem[];
  forecast: ForecastItem | null;
}

/** Streams in plain arrays: what the adapters' tests have in place of the engine. */
export class MemoryStreams implements StreamDirectory, OutcomeFeed {
  readonly outcomes$ = new Subject<Outcomes>();
  /** Whether a forecast is wanted; as the engine asks it. */
  wants: (row: number) => boolean = () => true;
  readonly #streams = new Map<string, MemoryStream>();
  readonly #freeRows: number[] = [];
  #rows = 0;

  get count(): number {
    return this.#streams.size;
  }

  ids(): readonly string[] {
    return [...this.#streams.keys()].sort();
  }

  has(id: string): boolean {
    return this.#streams.has(id);
  }

  row(id: string): number | null {
    return this.#streams.get(id)?.row ?? null;
  }

  summary(id: string): StreamSummary | null {
    const last = this.lastReading(id);
    if (last === null) return null;
    return {
      id,
      state: 'warming',
      cadence: 1000,
      last: { t: last.t, v: last.v },
      unit: null,
      skill: null,
      score: null,
      model: 'shared@1',
    };
  }

  lastReading(id: string): ReadingItem | null {
    return this.#streams.get(id)?.readings.at(-1) ?? null;
  }

  forecast(id: string): ForecastItem | null {
    return this.#streams.get(id)?.forecast ?? null;
  }

  history(id: string, from: number, to: number, limit: number): StreamHistory | null {
    const stream = this.#streams.get(id);
    if (stream === undefined) return null;
    const inside = stream.readings.filter(({ t }) => t >= from && t <= to).slice(-limit);
    return { t: inside.map(({ t }) => t), v: inside.map(({ v }) => v) };
  }

  state(id: string): StreamState | null {
    return this.#streams.has(id) ? { h: [0.5, -0.25], c: [1, 2], steps: 7 } : null;
  }

  models(): readonly ModelSummary[] {
    return [
      {
        model: 'shared',
        version: 1,
        cell: 'lstm',
        hidden: 64,
        horizon: 24,
        streams: this.count,
        parameters: 20_000,
        loss: null,
      },
    ];
  }

  /** Takes one reading of each stream at once and sends what came of it. */
  read(values: Record<string, number>, t: number): void {
    const created: string[] = [];
    const steps = Object.entries(values).map(([id, v]): StepOutcome => {
      let stream = this.#streams.get(id);
      if (stream === undefined) {
        stream = { row: this.#freeRows.pop() ?? this.#rows++, readings: [], forecast: null };
        this.#streams.set(id, stream);
        created.push(id);
      }
      const reading = memoryReading(id, t, v);
      stream.readings.push(reading);
      stream.forecast = stream.readings.length < 2 ? null : memoryForecast(id, t, v);
      const wanted = this.wants(stream.row);
      const forecast = wanted ? stream.forecast : null;
      return { row: stream.row, reading, interval: null, forecast, labels: null };
    });
    this.outcomes$.next({ steps, notices: [], created, removed: [] });
  }

  notice(item: AnomalyItem | ModelItem): void {
    this.outcomes$.next({ steps: [], notices: [item], created: [], removed: [] });
  }

  remove(id: string): void {
    this.#freeRows.push(this.#streams.get(id)!.row);
    this.#streams.delete(id);
    this.outcomes$.next({ steps: [], notices: [], created: [], removed: [id] });
  }
}

function memoryReading(stream: string, t: number, v: number | null): ReadingItem {
  return { kind: 'reading', stream, t, v, flags: [], expected: null, score: null };
}

function memoryForecast(stream: string, t: number, v: number): ForecastItem {
  return {
    kind: 'forecast',
    stream,
    issued: t,
    step: 1000,
    targets: [t + 1000, t + 2000],
    median: [v, v],
    levels: [{ level: 0.8, lower: [v - 1, v - 2], upper: [v + 1, v + 2], coverage: null }],
    model: 'shared@1',
    state: 'warming',
    skill: null,
  };
}

export function memoryAnomaly(stream: string, t: number): AnomalyItem {
  return {
    kind: 'anomaly',
    stream,
    t,
    value: 9,
    expected: 1,
    lower: 0,
    upper: 2,
    score: 5.5,
    direction: 'up',
    reasons: ['9 is above the 95 % interval 0 to 2'],
  };
}
