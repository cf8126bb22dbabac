import { decodeMessage, type Source, shortTopic } from '../../decoding/decode-message.ts';
import type { RejectionRing } from '../../decoding/rejection-ring.ts';
import type { Clock, Message } from '../../pipeline/ports.ts';
import { RateLimit } from '../../pipeline/rate-limit.ts';
import { InklingError } from '../../protocol/errors.ts';
import type { Reading } from '../../stream/reading.ts';

export interface ReadingsInOptions {
  readonly sources: readonly Source[];
  readonly rejections: RejectionRing;
  readonly clock: Clock;
  readonly payloadBytesMax: number;
  readonly readingsPerSecondMax: number;
}

/** The way in for readings, within the limits; what cannot be taken goes to the ring of rejections. */
export interface ReadingsIn {
  /** Readings of a message. Never throws. */
  decode(message: Message): readonly Reading[];
  /** Readings of a request, all or none; throws ERR_RATE_LIMIT. */
  admitAll(readings: readonly Reading[]): readonly Reading[];
}

export function readingsIn(options: ReadingsInOptions): ReadingsIn {
  const { sources, rejections, clock, readingsPerSecondMax } = options;
  const limit = new RateLimit(readingsPerSecondMax);
  const message = `expected at most ${readingsPerSecondMax} readings a second (limits.readingsPerSecond)`;
  return {
    decode(incoming) {
      const decoded = decodeMessage(sources, incoming, options.payloadBytesMax);
      for (const rejection of decoded.rejections) rejections.add(rejection);
      const { readings } = decoded;
      const admitted = limit.admit(readings.length, clock.now());
      if (admitted === readings.length) return readings;
      const topic = shortTopic(incoming.topic);
      for (let lost = admitted; lost < readings.length; lost++) {
        rejections.add({ code: 'ERR_RATE_LIMIT', topic, sample: '', message });
      }
      return readings.slice(0, admitted);
    },
    admitAll(readings) {
      if (limit.admit(readings.length, clock.now()) < readings.length) {
        throw new InklingError('ERR_RATE_LIMIT', message);
      }
      return readings;
    },
  };
}
