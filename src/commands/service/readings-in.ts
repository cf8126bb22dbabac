import type { Source } from '../../decoding/decode-message.ts';
import { decodeMessage } from '../../decoding/decode-message.ts';
import type { RejectionRing } from '../../decoding/rejection-ring.ts';
import type { Clock, Message } from '../../pipeline/ports.ts';
import { RateLimit } from '../../pipeline/rate-limit.ts';
import type { Reading } from '../../stream/reading.ts';

export interface ReadingsInOptions {
  readonly sources: readonly Source[];
  readonly rejections: RejectionRing;
  readonly clock: Clock;
  readonly payloadBytesMax: number;
  readonly readingsPerSecondMax: number;
}

/** Readings of a message within the limits; what cannot be taken goes to the ring of rejections. */
export function readingsIn(options: ReadingsInOptions): (message: Message) => readonly Reading[] {
  const { sources, rejections, clock } = options;
  const limit = new RateLimit(options.readingsPerSecondMax);
  return (message) => {
    const decoded = decodeMessage(sources, message, options.payloadBytesMax);
    for (const rejection of decoded.rejections) rejections.add(rejection);
    const { readings } = decoded;
    const admitted = limit.admit(readings.length, clock.now());
    if (admitted === readings.length) return readings;
    rejections.add({
      code: 'ERR_RATE_LIMIT',
      topic: message.topic,
      sample: '',
      message: `Expected at most ${options.readingsPerSecondMax} readings a second (limits.readingsPerSecond).`,
    });
    return readings.slice(0, admitted);
  };
}
