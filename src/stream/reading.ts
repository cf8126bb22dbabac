/**
 * A reading: what one sensor said at one time. Decoding makes them, the engine folds them.
 */
export interface Reading {
  /** Stream id: NFC, reserved characters percent-encoded (see decoding/stream-id). */
  readonly stream: string;
  /** The time it carries, whole milliseconds since 1970; null: none, so its arrival counts. */
  readonly time: number | null;
  /** Finite; null: known to be missing. */
  readonly value: number | null;
  /** Unit as sent, if it was. */
  readonly unit: string | null;
  /** A retained message: shown, never learnt. */
  readonly retained: boolean;
  /** Values of the topic template's named wildcards, shared by all readings of one message. */
  readonly labels: Readonly<Record<string, string>> | null;
}
