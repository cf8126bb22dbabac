import { describe, expect, it } from 'vitest';
import type { Outcomes } from '../../src/engine/outcome.ts';
import { MqttItems, messageOf } from '../../src/pipeline/mqtt-items.ts';
import type { AlertItem, AnomalyItem, ForecastItem } from '../../src/protocol/items.ts';

function forecast(stream: string, issued: number): ForecastItem {
  return {
    kind: 'forecast',
    stream,
    issued,
    step: 1000,
    targets: [issued + 1000],
    median: [1],
    levels: [{ level: 0.8, lower: [0], upper: [2], coverage: null }],
    model: 'shared@1',
    state: 'ok',
    skill: null,
  };
}

function anomaly(stream: string): AnomalyItem {
  return {
    kind: 'anomaly',
    stream,
    t: 1,
    value: 2,
    expected: 1,
    lower: 0,
    upper: 1.5,
    score: 4,
    direction: 'up',
    reasons: ['above the interval'],
  };
}

/** Steps of streams by row; a forecast is there when the row is wanted, as the engine has it. */
function outcomes(
  wants: (row: number) => boolean,
  steps: readonly (readonly [row: number, stream: string, t: number])[],
  more: Partial<Outcomes> = {},
): Outcomes {
  return {
    steps: steps.map(([row, stream, t]) => ({
      row,
      reading: { kind: 'reading', stream, t, v: 1, flags: [], expected: null, score: null },
      interval: null,
      labels: null,
      forecast: wants(row) ? forecast(stream, t) : null,
    })),
    notices: [],
    created: [],
    removed: [],
    ...more,
  };
}

function itemsAt(publishMs: number) {
  const time = { now: 1_000_000 };
  const clock = { now: () => time.now };
  const items = new MqttItems({ prefix: 'inkling', publishMs, clock });
  return { time, items };
}

const issuedIn = (messages: readonly { payload: string }[]) =>
  messages.map(({ payload }) => JSON.parse(payload).issued);

describe('the forecasts that go out over MQTT', () => {
  it('are retained, each under its stream, as the item itself', () => {
    const { items } = itemsAt(1000);
    const [message, ...others] = items.take(outcomes(items.wants, [[0, 'plant/7/t%20in', 5]]));
    expect(others).toEqual([]);
    expect(message).toMatchObject({ topic: 'inkling/forecast/plant/7/t%20in', retain: true });
    expect(JSON.parse(message!.payload)).toEqual(forecast('plant/7/t%20in', 5));
  });

  it('are demanded and sent at most once per interval and stream', () => {
    const { items, time } = itemsAt(1000);
    const sent: number[] = [];
    let wanted = 0;
    for (let t = 0; t < 3_000; t += 100) {
      if (items.wants(20)) wanted++;
      sent.push(...issuedIn(items.take(outcomes(items.wants, [[20, 'a', t]]))));
      time.now += 100;
    }
    expect(sent).toEqual([0, 1000, 2000]);
    expect(wanted).toBe(3);
  });

  it('are only the newest where one event brings several', () => {
    const { items } = itemsAt(1000);
    const steps = [1, 2, 3].map((t) => [0, 'a', t] as const);
    expect(issuedIn(items.take(outcomes(items.wants, [...steps, [1, 'b', 9]])))).toEqual([3, 9]);
  });

  it('follow when their turn comes, also when no more readings do', () => {
    const { items, time } = itemsAt(1000);
    items.take(outcomes(items.wants, [[0, 'a', 1]]));
    time.now += 400;
    items.take(outcomes(items.wants, [[0, 'a', 2]]));
    const newest = (stream: string) => forecast(stream, 2);
    expect(items.overdue(newest)).toEqual([]);
    time.now += 600;
    expect(issuedIn(items.overdue(newest))).toEqual([2]);
    time.now += 5_000;
    expect(items.overdue(newest)).toEqual([]);
  });

  it('need not follow when the newest is out already, or there is none', () => {
    const { items, time } = itemsAt(1000);
    items.take(outcomes(() => false, [[0, 'first-reading', 1]]));
    expect(items.overdue(() => null)).toEqual([]);
    items.take(outcomes(items.wants, [[0, 'a', 1]]));
    items.take(outcomes(items.wants, [[0, 'a', 2]]));
    time.now += 1000;
    items.take(outcomes(items.wants, [[0, 'a', 3]]));
    time.now += 1000;
    expect(items.overdue((stream) => forecast(stream, 4))).toEqual([]);
  });

  it('all go out when there is no least interval', () => {
    const { items } = itemsAt(0);
    const sent = [1, 2, 3].flatMap((t) => items.take(outcomes(items.wants, [[0, 'a', t]])));
    expect(issuedIn(sent)).toEqual([1, 2, 3]);
  });

  it('do not stop when the clock is set back', () => {
    const { items, time } = itemsAt(1000);
    items.take(outcomes(items.wants, [[0, 'a', 1]]));
    time.now -= 3_600_000;
    expect(issuedIn(items.take(outcomes(items.wants, [[0, 'a', 2]])))).toEqual([2]);
  });

  it('are withdrawn with their stream', () => {
    const { items, time } = itemsAt(1000);
    items.take(outcomes(items.wants, [[0, 'a', 1]]));
    items.take(outcomes(items.wants, [[0, 'a', 2]]));
    expect(items.take(outcomes(items.wants, [], { removed: ['a'] }))).toEqual([
      { topic: 'inkling/forecast/a', payload: '', retain: true },
    ]);
    time.now += 1000;
    expect(items.overdue((stream) => forecast(stream, 2))).toEqual([]);
  });
});

describe('other items that go out over MQTT', () => {
  it('are anomalies, each and not retained, and no model items', () => {
    const { items } = itemsAt(1000);
    const model = { kind: 'model', model: 'm', version: 1, event: 'published' } as const;
    const notices = [anomaly('a'), { ...model, loss: null, seconds: null }, anomaly('a')];
    const messages = items.take(outcomes(items.wants, [], { notices }));
    expect(messages.map(({ topic, retain }) => [topic, retain])).toEqual([
      ['inkling/anomaly/a', false],
      ['inkling/anomaly/a', false],
    ]);
    expect(JSON.parse(messages[0]!.payload)).toEqual(anomaly('a'));
  });

  it('are alerts, retained under rule and stream', () => {
    const { value, expected, lower, upper, reasons } = anomaly('a');
    const alert: AlertItem = {
      kind: 'alert',
      id: '1',
      rule: 'too warm/#1',
      stream: 'freezer/1',
      state: 'firing',
      severity: 'critical',
      since: 1,
      value,
      expected,
      lower,
      upper,
      reasons,
    };
    expect(messageOf('home', alert)).toMatchObject({
      topic: 'home/alert/too%20warm%2F%231/freezer/1',
      retain: true,
    });
  });

  it('are refused and counted when MQTT has no such topic', () => {
    const { items } = itemsAt(1000);
    const notices = [anomaly('a/#'), anomaly('a+b'), anomaly('x'.repeat(30_000)), anomaly('fine')];
    const messages = items.take(outcomes(items.wants, [], { notices }));
    expect(messages.map(({ topic }) => topic)).toEqual(['inkling/anomaly/fine']);
    expect(items.refused).toBe(3);
  });
});
