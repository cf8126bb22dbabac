import type { MetricGroup } from '../../adapters/http/metrics.ts';
import type { JournalState } from '../../adapters/journal/segment-journal.ts';

const counter = (help: string) => ({ type: 'counter', help }) as const;
const gauge = (help: string) => ({ type: 'gauge', help }) as const;

/** How the journal does; nothing before it is open. */
export function journalGroup(state: () => JournalState | undefined): MetricGroup {
  return {
    prefix: 'journal',
    metrics: {
      position: gauge('Position of the last event on the disk.'),
      eventsTotal: counter('Events handed to the journal.'),
      bytesTotal: counter('Bytes written to the journal.'),
      commitsTotal: counter('Groups of events written and synced.'),
      failuresTotal: counter('Attempts to write a group that failed.'),
      waiting: gauge('Events that wait for the disk.'),
      waitingBytes: gauge('Bytes of the events that wait for the disk.'),
      writable: gauge('1 while the journal can be written.'),
    },
    read: () => {
      const now = state();
      if (now === undefined) return {};
      return {
        position: now.committed,
        eventsTotal: now.events,
        bytesTotal: now.bytes,
        commitsTotal: now.commits,
        failuresTotal: now.failures,
        waiting: now.waiting,
        waitingBytes: now.waitingBytes,
        writable: now.isWritable ? 1 : 0,
      };
    },
  };
}
