import { describe, expect, it } from 'vitest';
import { lastCore } from './engine-process.ts';
import { usesOpenBlas } from './ensure-peers.ts';
import { parseAnswer, parseRequest, requestLine } from './worker-protocol.ts';

describe('the lines between bench and worker', () => {
  it('carry requests there', () => {
    for (const request of [
      { verb: 'check', workload: 'infer-1-64-1', counts: [3] },
      { verb: 'run', workload: 'peak', counts: [3, 1000] },
      { verb: 'forget', workload: 'peak', counts: [] },
    ] as const) {
      expect(parseRequest(requestLine(request))).toEqual(request);
    }
  });

  it.each(['run', 'run peak', 'run peak 1', 'run peak 1 0', 'check peak x', 'jump peak 1'])(
    'refuse "%s" as a request',
    (line) => {
      expect(() => parseRequest(line)).toThrow('expected a request');
    },
  );

  it('carry answers back, between which libraries may talk', () => {
    expect(parseAnswer('ready tfjs 4')).toEqual({ kind: 'ready', text: 'tfjs 4' });
    expect(parseAnswer('failed no such thing')).toEqual({ kind: 'failed', text: 'no such thing' });
    expect(parseAnswer('numbers 1.5 -2e-7')).toEqual({ kind: 'numbers', numbers: [1.5, -2e-7] });
    expect(parseAnswer('numbers')).toEqual({ kind: 'numbers', numbers: [] });
    expect(parseAnswer('Hi there! numbers 1')).toBeNull();
  });
});

describe('what is read from /proc', () => {
  it('is the last core that a process may run on', () => {
    expect(lastCore('Name:\tnode\nCpus_allowed_list:\t0-3\nMems:\t0')).toBe(3);
    expect(lastCore('Cpus_allowed_list:\t0-3,8\n')).toBe(8);
    expect(lastCore('Cpus_allowed_list:\t5\n')).toBe(5);
    expect(lastCore('Name:\tnode\n')).toBeNull();
  });

  it('tells OpenBLAS from the reference library', () => {
    const line = '7f00-7f01 r-xp 00000000 08:01 42 /usr/lib/x86_64-linux-gnu';
    expect(usesOpenBlas(`${line}/openblas-pthread/libopenblasp-r0.3.21.so`)).toBe(true);
    expect(usesOpenBlas(`${line}/blas/libblas.so.3.11.0`)).toBe(false);
  });
});
