import type { StreamDirectory } from '../../pipeline/ports.ts';
import type { Reading } from '../../stream/reading.ts';

/** What the routes show and call, once the service has it. */
export interface HttpServices {
  readonly directory: StreamDirectory;
  /** Resolves when the readings are durable; rejects with an InklingError that tells why not. */
  ingest(readings: readonly Reading[]): Promise<void>;
  /** Removes a stream; resolves when that is durable. */
  remove(id: string): Promise<void>;
  /** The newest rejections, newest first; serialised as they are. */
  rejections(): readonly object[];
}

/** The services, or ERR_NOT_READY while the service starts. */
export type ServicesSource = () => HttpServices;
