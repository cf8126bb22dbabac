import { describe, expect, it } from 'vitest';
import { dayMs, minuteMs, simulatedRoot } from '../../src/simulator/device.ts';
import { createFleet, type Fleet, type FleetMessage } from '../../src/simulator/fleet.ts';
import { deviation } from './record-device.ts';

const from = Date.UTC(2026, 9, 24, 13, 37, 11);

function take(fleet: Fleet, until: number): FleetMessage[] {
  const messages: FleetMessage[] = [];
  while (fleet.nextTime < until) messages.push(fleet.next());
  return messages;
}

/** Values by stream and time. */
function tabulate(messages: readonly FleetMessage[]): Map<string, Map<number, number>> {
  const table = new Map<string, Map<number, number>>();
  for (const { time, readings } of messages) {
    for (const { stream, value } of readings) {
      const column = table.get(stream) ?? new Map<number, number>();
      table.set(stream, column.set(time, value));
    }
  }
  return table;
}

describe('the fleet', () => {
  const healthy = take(createFleet({ seed: 1, from, faults: false }), from + 10 * dayMs);
  const shown = take(createFleet({ seed: 1, from }), from + 10 * dayMs);

  it('gives the same bytes for the same seed and others for another', () => {
    const bytes = (seed: number) =>
      take(createFleet({ seed, from }), from + dayMs)
        .map(({ time, topic, payload }) => `${time} ${topic} ${payload}`)
        .join('\n');
    expect(bytes(1)).toBe(bytes(1));
    expect(bytes(2)).not.toBe(bytes(1));
  });

  it('ascends in time from its start, with no two messages of one topic at one time', () => {
    const last = new Map<string, number>();
    let previous = from;
    const disorder = shown.filter(({ topic, time }) => {
      const wrong = time < previous || time <= (last.get(topic) ?? 0);
      last.set(topic, time);
      previous = time;
      return wrong;
    });
    expect(shown.length).toBeGreaterThan(100_000);
    expect(disorder).toEqual([]);
  });

  it('publishes each stream at least once a minute from the first minute on', () => {
    const { streams } = createFleet({ seed: 1, from });
    const table = tabulate(healthy);
    expect([...table.keys()].sort()).toEqual(streams.map(({ id }) => id).sort());
    for (const column of table.values()) {
      const times = [from, ...column.keys()];
      const longest = Math.max(...times.slice(1).map((time, i) => time - times[i]!));
      expect(longest).toBeLessThanOrEqual(minuteMs);
    }
  });

  it('writes payloads that say the time, the values and nothing else', () => {
    const topics = new Set<string>();
    for (const { topic, time, payload, readings } of shown.slice(0, 2000)) {
      topics.add(topic);
      const { t, v, u, ...rest } = JSON.parse(payload);
      expect(t).toBe(time);
      expect(topic.startsWith(`${simulatedRoot}/`)).toBe(true);
      const values = v === undefined ? rest : { '': v };
      if (v !== undefined) expect(u).toBe('W');
      expect(
        Object.entries(values).map(([key, value]) => ({
          stream: key === '' ? topic : `${topic}/${key}`,
          value,
        })),
      ).toEqual(readings);
    }
    expect(topics.size).toBe(7);
  });

  it('continues exactly when it is started again later with the same origin', () => {
    const full = shown.slice();
    for (const later of [from + 4 * dayMs + 1, from + 6.3 * dayMs, full[90_000]!.time]) {
      const resumed = createFleet({ seed: 1, from: later, origin: from });
      expect(take(resumed, later + dayMs)).toEqual(
        full.filter(({ time }) => time >= later && time < later + dayMs),
      );
    }
  });

  it('goes through the seams between two simulated days without a step', () => {
    const table = tabulate(healthy);
    const steps = (id: string) => {
      const values = [...table.get(id)!.values()];
      return Math.max(...values.slice(1).map((value, i) => Math.abs(value - values[i]!)));
    };
    const atSeam = (id: string) => {
      const column = [...table.get(id)!];
      return Math.max(
        ...column
          .slice(1)
          .map(([time, value], i) => ({ time, step: Math.abs(value - column[i]![1]) }))
          .filter(({ time }) => (time + dayMs - 2 * 3_600_000) % dayMs <= 2 * minuteMs)
          .map(({ step }) => step),
      );
    };
    for (const room of ['living-room', 'office']) {
      expect(atSeam(`demo/${room}/temperature`)).toBeLessThan(0.2);
      expect(atSeam(`demo/${room}/humidity`)).toBeLessThan(1.5);
      expect(steps(`demo/${room}/humidity`)).toBeGreaterThan(atSeam(`demo/${room}/humidity`));
    }
  });

  it('shows a fault wherever it is labelled and nowhere else', () => {
    const fleet = createFleet({ seed: 1, from });
    const labels = fleet.labels(from, from + 10 * dayMs);
    expect(labels.length).toBeGreaterThan(20);
    const expected = tabulate(healthy);
    const actual = tabulate(shown);
    const differing = new Map(labels.map((label) => [label, 0]));
    for (const [stream, column] of expected) {
      for (const [time, value] of column) {
        if (actual.get(stream)!.get(time) === value) continue;
        const label = labels.find(
          (one) => one.stream === stream && one.from <= time && time <= one.to,
        );
        expect(label, `${stream} at ${time}`).toBeDefined();
        differing.set(label!, differing.get(label!)! + 1);
      }
    }
    const intervals = new Map(fleet.streams.map(({ id, intervalMs }) => [id, intervalMs]));
    for (const [label, count] of differing) {
      const to = Math.min(label.to, from + 10 * dayMs - 1);
      const readings = Math.floor((to - label.from) / intervals.get(label.stream)!) + 1;
      // The first reading of a drift or a stuck sensor is still right, others may be by chance.
      expect(count, JSON.stringify(label)).toBeGreaterThanOrEqual(Math.floor(0.9 * readings) - 1);
    }
  });

  it('shows what the kind of a fault says', () => {
    const fleet = createFleet({ seed: 1, from });
    const expected = tabulate(healthy);
    const actual = tabulate(shown);
    const seen = new Set<string>();
    for (const label of fleet.labels(from, from + 9 * dayMs)) {
      const within = ([time]: [number, number]) => time >= label.from && time <= label.to;
      const values = [...actual.get(label.stream)!].filter(within).map(([, value]) => value);
      const right = [...expected.get(label.stream)!].filter(within).map(([, value]) => value);
      seen.add(label.kind);
      if (label.kind === 'gap') expect(values).toEqual([]);
      else if (label.kind === 'stuck') {
        expect(new Set(values)).toEqual(new Set([right[0]]));
        expect(new Set(right).size).toBeGreaterThan(10);
      } else {
        const { deviation: size } = fleet.streams.find(({ id }) => id === label.stream)!;
        const last = Math.abs(values.at(-1)! - right.at(-1)!);
        // A humidity sensor says 100 % at most.
        expect(last).toBeGreaterThan((label.stream.endsWith('humidity') ? 2.5 : 3.9) * size);
      }
    }
    expect([...seen].sort()).toEqual(['drift', 'gap', 'jump', 'spike', 'stuck']);
  });

  it('names the faults that a message shows', () => {
    for (const { faults = [], time, readings } of shown) {
      for (const fault of faults) {
        expect(time).toBeGreaterThanOrEqual(fault.from);
        expect(time).toBeLessThanOrEqual(fault.to);
        const says = readings.some(({ stream }) => stream === fault.stream);
        expect(says).toBe(fault.kind !== 'gap');
      }
    }
  });

  it('declares deviations that its healthy values have', () => {
    const table = tabulate(healthy);
    for (const { id, deviation: declared } of createFleet({ seed: 1, from }).streams) {
      if (id.endsWith('/energy')) continue;
      const measured = deviation([...table.get(id)!.values()]);
      expect(measured / declared, id).toBeGreaterThan(0.5);
      expect(measured / declared, id).toBeLessThan(2);
    }
  });
});
