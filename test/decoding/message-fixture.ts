import {
  compileSource,
  type Decoded,
  decodeMessage,
  type SourceOptions,
} from '../../src/decoding/decode-message.ts';

/** The source that stands without configuration. */
export const defaultSource: SourceOptions = {
  topics: ['#'],
  decode: 'auto',
  stream: '{topic}/{key}',
  include: ['**'],
  timezone: 'UTC',
};

/** Decodes a payload published to the topic `s`, by the default source with changes. */
export function decodePayload(
  payload: string | Uint8Array,
  changes: Partial<SourceOptions & { topic: string; retained: boolean; bytesMax: number }> = {},
): Decoded {
  const { topic = 's', retained = false, bytesMax, ...options } = changes;
  const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
  const source = compileSource({ ...defaultSource, ...options });
  return decodeMessage([source], { topic, payload: bytes, retained }, bytesMax);
}

/** Readings as [stream, value] or, where one carries a time, [stream, value, time]. */
export function valuesOf(decoded: Decoded): (string | number | null)[][] {
  return decoded.readings.map(({ stream, value, time }) =>
    time === null ? [stream, value] : [stream, value, time],
  );
}

export function codesOf(decoded: Decoded): string[] {
  return decoded.rejections.map((rejection) => rejection.code);
}
