/**
 * Damped Holt-Winters (additive level, trend and season), several settings side by side; the one
 * that has erred least forecasts. With e the one-step error of a setting (α, β, γ, φ):
 *
 *   e = y − (l + φ b + s_t)        l ← l + φ b + α e          b ← φ b + α β e
 *   s_t ← s_t + γ (1 − α) e        ŷ_{t+h} = l + (φ + … + φ^h) b + s_{t+h}
 *
 * Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential Smoothing (2008), error-correction
 * form. Settings are chosen by their exponentially weighted absolute errors at one step and at a
 * far lead, each judged when its target has come.
 */

interface Setting {
  readonly level: number;
  readonly trend: number;
  readonly season: number;
  readonly damping: number;
}

const trends = [
  { trend: 0, damping: 0 },
  { trend: 0.1, damping: 0.98 },
  { trend: 0.1, damping: 1 },
] as const;
const levels = [0.05, 0.3, 0.95] as const;
const seasons = [0.1, 0.4] as const;
/** The season is learnt from here on, lest it learn by heart how level and trend were found. */
const SETTLING_SEASONS = 2;
/** Errors of a setting fade with this rate. */
const ERROR_RATE = 0.002;
/** The far lead that settings are judged by, where the forecast goes that far. */
const FAR_LEAD = 24;

/** One stream's forecaster. Call `learn` once a step. */
export class HoltWinters {
  readonly #settings: readonly Setting[];
  /** m; 0: no season. */
  readonly #period: number;
  readonly #farLead: number;
  /** (settings) */
  readonly #level: Float64Array;
  readonly #trend: Float64Array;
  readonly #error: Float64Array;
  /** (settings, m), by step modulo m. */
  readonly #season: Float64Array;
  /** (far lead, settings) ring of forecasts whose target has not come. */
  readonly #far: Float64Array;
  #steps: number;
  #best: number;

  /** `period`: steps of a season, 0 for none; `leads`: the longest lead that is asked for. */
  constructor({ period, leads }: { readonly period: number; readonly leads: number }) {
    this.#settings = trends.flatMap((trend) =>
      levels.flatMap((level) =>
        (period > 0 ? seasons : [0]).map((season) => ({ ...trend, level, season })),
      ),
    );
    const count = this.#settings.length;
    this.#period = period;
    this.#farLead = Math.min(FAR_LEAD, leads);
    this.#level = new Float64Array(count);
    this.#trend = new Float64Array(count);
    this.#error = new Float64Array(count);
    this.#season = new Float64Array(count * period);
    this.#far = new Float64Array(this.#farLead * count);
    this.#steps = 0;
    this.#best = 0;
  }

  /** Takes the next step's value in; NaN: it is missing, and each setting goes on as it expects. */
  learn(y: number): void {
    if (this.#steps === 0) {
      if (Number.isNaN(y)) return;
      this.#level.fill(y);
    } else {
      if (this.#steps >= this.#farLead) this.#judgeFar(y);
      for (let k = 0; k < this.#settings.length; k++) this.#update(k, y);
    }
    this.#steps += 1;
    this.#chooseBest();
    const slot = (this.#steps - 1) % this.#farLead;
    for (let k = 0; k < this.#settings.length; k++) {
      this.#far[slot * this.#settings.length + k] = this.#forecast(k, this.#farLead);
    }
  }

  /** Writes leads 1..H to into[at … at + H). Nothing but NaN before the first value. */
  forecast(into: Float64Array, at: number, leads: number): void {
    if (this.#steps === 0) into.fill(Number.NaN, at, at + leads);
    const k = this.#best;
    const { damping } = this.#settings[k];
    let reach = 0;
    let power = 1;
    for (let h = 1; h <= leads && this.#steps > 0; h++) {
      power *= damping;
      reach += power;
      into[at + h - 1] = this.#level[k] + reach * this.#trend[k] + this.#seasonAt(k, h);
    }
  }

  #update(k: number, y: number): void {
    const { level, trend, season, damping } = this.#settings[k];
    const drift = damping * this.#trend[k];
    const expected = this.#level[k] + drift + this.#seasonAt(k, 1);
    const error = Number.isNaN(y) ? 0 : y - expected;
    this.#level[k] += drift + level * error;
    this.#trend[k] = drift + level * trend * error;
    if (this.#period > 0 && this.#steps >= SETTLING_SEASONS * this.#period) {
      const slot = k * this.#period + (this.#steps % this.#period);
      this.#season[slot] += season * (1 - level) * error;
    }
    if (!Number.isNaN(y)) this.#note(k, error);
  }

  #judgeFar(y: number): void {
    if (Number.isNaN(y)) return;
    const count = this.#settings.length;
    const slot = (this.#steps - this.#farLead) % this.#farLead;
    for (let k = 0; k < count; k++) this.#note(k, y - this.#far[slot * count + k]);
  }

  #note(k: number, error: number): void {
    this.#error[k] += ERROR_RATE * (Math.abs(error) - this.#error[k]);
  }

  #chooseBest(): void {
    for (let k = 0; k < this.#error.length; k++) {
      if (this.#error[k] < this.#error[this.#best]) this.#best = k;
    }
  }

  /** Season of the step `lead` after the newest one. */
  #seasonAt(k: number, lead: number): number {
    if (this.#period === 0) return 0;
    return this.#season[k * this.#period + ((this.#steps - 1 + lead) % this.#period)];
  }

  #forecast(k: number, lead: number): number {
    const { damping } = this.#settings[k];
    const reach = damping === 1 ? lead : (damping * (1 - damping ** lead)) / (1 - damping);
    return this.#level[k] + reach * this.#trend[k] + this.#seasonAt(k, lead);
  }
}
