import type { ErrorCode } from '../protocol/errors.ts';

/**
 * What the decoders of payloads bring in, before streams are named: leaves (values with the key
 * they were found under) and faults (what could not be read). Both lists together hold at most
 * 10,000 entries; a payload with more is refused as a whole, with that one fault.
 */
export interface Harvest {
  leaves: Leaf[];
  faults: Fault[];
}

export interface Leaf {
  /** Path within the payload, each name encoded, joined by dots; empty: the payload itself. */
  readonly key: string;
  /** Finite, or null: known to be missing. */
  readonly value: number | null;
  /** Whole milliseconds since 1970; null: none carried. */
  readonly time: number | null;
  readonly unit: string | null;
  /** Those tags of line protocol that the stream template names; null elsewhere. */
  readonly tags: Readonly<Record<string, string>> | null;
}

export interface Fault {
  readonly code: ErrorCode;
  /** What was expected and what came, one sentence without the topic. */
  readonly message: string;
}

export const READINGS_PER_MESSAGE_MAX = 10_000;

export const NOT_READABLE: Fault = {
  code: 'ERR_PAYLOAD_NOT_READABLE',
  message: 'expected a number, JSON or line protocol, got a text that is none of them',
};
export const NO_READING: Fault = {
  code: 'ERR_PAYLOAD_NO_READING',
  message: 'expected a number, a numeric text or a boolean, found none',
};
export const TOO_DEEP: Fault = {
  code: 'ERR_PAYLOAD_TOO_DEEP',
  message: 'expected objects nested at most 32 deep',
};
export const TOO_MANY: Fault = {
  code: 'ERR_PAYLOAD_TOO_MANY_READINGS',
  message: `expected at most ${READINGS_PER_MESSAGE_MAX} readings in one message`,
};
export const BAD_TIME: Fault = {
  code: 'ERR_READING_TIME',
  message:
    'expected a time from 1970 to 2199 as a number or as ISO 8601, got something else under a time key',
};

/** True once the harvest is fuller than one message may be. */
export function isTooMuch(harvest: Harvest): boolean {
  return harvest.leaves.length + harvest.faults.length > READINGS_PER_MESSAGE_MAX;
}

/** The harvest of a payload that is refused as a whole. */
export function refuse(fault: Fault): Harvest {
  return { leaves: [], faults: [fault] };
}
