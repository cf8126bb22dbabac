/**
 * What the bench and the process of an engine say to each other, a line each:
 *
 *   engine  ready DESCRIPTION                 once, or `failed REASON` and the process ends
 *   bench   check WORKLOAD ITERATIONS         prepares the workload afresh
 *   engine  numbers …                         the outcomes of the iterations, one after the other
 *   bench   run WORKLOAD BLOCKS ITERATIONS    prepares the workload if it is new
 *   engine  numbers …                         per block: µs of one iteration, the block's mean
 *   bench   forget WORKLOAD
 *   engine  numbers
 *
 * A request that cannot be carried out is answered by `failed REASON`. WORKLOAD is an id or `peak`.
 */

/** The workload that measures the machine and not an engine. */
export const PEAK = 'peak';

export interface WorkerRequest {
  readonly verb: 'check' | 'run' | 'forget';
  readonly workload: string;
  readonly counts: readonly number[];
}

export type WorkerAnswer =
  | { readonly kind: 'ready' | 'failed'; readonly text: string }
  | { readonly kind: 'numbers'; readonly numbers: readonly number[] };

export function requestLine({ verb, workload, counts }: WorkerRequest): string {
  return [verb, workload, ...counts].join(' ');
}

export function parseRequest(line: string): WorkerRequest {
  const [verb, workload, ...rest] = line.trim().split(' ');
  const counts = rest.map(Number);
  const expected = { check: 1, run: 2, forget: 0 }[verb ?? ''];
  const valid = counts.every((count) => Number.isSafeInteger(count) && count > 0);
  if (workload === undefined || counts.length !== expected || !valid) {
    throw new RangeError(`expected a request, got "${line}"`);
  }
  return { verb: verb as WorkerRequest['verb'], workload, counts };
}

/** Null for a line that is no answer: libraries may print what they like. */
export function parseAnswer(line: string): WorkerAnswer | null {
  const [, kind, rest = ''] = /^(ready|failed|numbers)(?: (.*))?$/.exec(line.trim()) ?? [];
  if (kind === undefined) return null;
  if (kind !== 'numbers') return { kind: kind as 'ready' | 'failed', text: rest };
  return { kind, numbers: rest.split(' ').filter(Boolean).map(Number) };
}
