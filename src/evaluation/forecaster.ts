/** One row of a recording, as forecasters see it. Its arrays are the caller's and change with the next row. */
export interface Row {
  /** From 0. */
  readonly index: number;
  /** Milliseconds since 1970; rises with every row. */
  readonly time: number;
  /** (S) NaN: missing. */
  readonly values: Float64Array;
  /** (S) 1: the stream is there by now. */
  readonly joined: Uint8Array;
}

/** Room for one forecast of every stream, in the units of the file. */
export interface Forecasts {
  /** (S, H) NaN: none. */
  readonly median: Float64Array;
  /** (S, H, 2L) bounds: the lower ones of the levels, then the upper ones; empty without intervals. */
  readonly bounds: Float64Array;
}

/**
 * What forecasters of a run have in common. They are asked in this order and no other, so none can
 * see what it forecasts: row t comes, the forecasts for it are scored, `learn` gets it, `forecast`
 * says what follows.
 */
export interface Forecaster {
  readonly name: string;
  /** Levels of its intervals, ascending, in (0, 1); none: it has no intervals. */
  readonly levels: readonly number[];
  learn(row: Row): void;
  /** Writes what follows the newest row. */
  forecast(into: Forecasts): void;
  /** CPU time that went into training so far, µs. */
  readonly trainingUs: number;
}

/** The forecaster of one stream alone. */
export interface StreamForecaster {
  /** The next row's value, NaN: missing, and its time in ms. */
  learn(y: number, time: number): void;
  /** Writes leads 1..H to into[at … at + H); NaN while there is nothing to say. */
  forecast(into: Float64Array, at: number): void;
}

/** Forecasts every stream by itself; each gets its own forecaster when it joins. */
export class PerStream implements Forecaster {
  readonly name: string;
  readonly levels: readonly number[] = [];
  readonly trainingUs = 0;
  readonly #create: () => StreamForecaster;
  readonly #streams: (StreamForecaster | null)[];

  constructor(name: string, streams: number, create: () => StreamForecaster) {
    this.name = name;
    this.#create = create;
    this.#streams = Array.from({ length: streams }, () => null);
  }

  learn({ values, joined, time }: Row): void {
    for (let stream = 0; stream < this.#streams.length; stream++) {
      if (joined[stream] === 0) continue;
      this.#streams[stream] ??= this.#create();
      this.#streams[stream]!.learn(values[stream]!, time);
    }
  }

  forecast({ median }: Forecasts): void {
    const leads = median.length / this.#streams.length;
    for (let stream = 0; stream < this.#streams.length; stream++) {
      const forecaster = this.#streams[stream];
      if (forecaster) forecaster.forecast(median, stream * leads);
      else median.fill(Number.NaN, stream * leads, (stream + 1) * leads);
    }
  }
}
