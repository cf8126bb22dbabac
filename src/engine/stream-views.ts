/** What the service says of its streams and models to those who ask; see `GET /v1/streams`. */

export interface StreamSummary {
  readonly id: string;
  readonly state: 'warming' | 'ok' | 'fallback' | 'stale';
  /** Milliseconds; null before the second reading. */
  readonly cadence: number | null;
  readonly last: { readonly t: number; readonly v: number | null };
  readonly unit: string | null;
  readonly skill: number | null;
  readonly score: number | null;
  readonly model: string;
}

export interface StreamHistory {
  readonly t: number[];
  readonly v: (number | null)[];
}

export interface StreamState {
  readonly h: number[];
  readonly c: number[];
  /** Recurrent steps taken since the state was last zero. */
  readonly steps: number;
}

export interface ModelSummary {
  readonly model: string;
  readonly version: number;
  readonly cell: string;
  readonly hidden: number;
  readonly horizon: number;
  readonly streams: number;
  readonly parameters: number;
  readonly loss: number | null;
}
