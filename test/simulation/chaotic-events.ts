import type { EngineEvent } from '../../src/engine/event.ts';
import { Random } from '../../src/numerics/random.ts';
import type { Reading } from '../../src/stream/reading.ts';
import {
  MINUTE,
  reading,
  readings,
  START,
  smallEngine,
  someWeights,
} from '../engine/engine-under-test.ts';

/** One more than the engine under chaos takes. */
const STREAMS = 5;
/** Times between readings that a device may change to. */
const CADENCES = [MINUTE / 2, MINUTE, 5 * MINUTE];

interface Device {
  readonly stream: string;
  cadence: number;
  /** When it measures next, by how much its clock is off, and what it says. */
  next: number;
  offset: number;
  value: number;
}

/**
 * What one seed does to an engine: readings of five devices, each with its own clock and cadence,
 * that come twice, late, out of order, not at all, missing or absurd; clocks that jump, cadences
 * that change, weights, ticks and removals.
 */
export function chaoticEvents(seed: number, count: number): EngineEvent[] {
  const random = new Random(seed);
  const devices = Array.from({ length: STREAMS }, (_, index) => {
    return { stream: `chaos/${index}`, cadence: MINUTE, next: START, offset: 0, value: 20 };
  });
  const sent: Reading[] = [];
  const events: EngineEvent[] = [];
  let now = START;
  for (let version = 1; events.length < count; ) {
    now += random.uniform() < 0.02 ? 60 * MINUTE * random.integer(48) : MINUTE;
    const dice = random.uniform();
    if (dice < 0.03) events.push(weightsEvent(version++, random));
    else if (dice < 0.06) events.push({ kind: 'tick', at: now });
    else if (dice < 0.075) {
      const { stream } = devices[random.integer(STREAMS)]!;
      events.push({ kind: 'remove', stream, reason: 'deleted' });
    } else {
      const batch = devices.flatMap((device) => readingsUntil(device, now, random));
      disturb(batch, sent, random);
      sent.push(...batch.slice(-20));
      if (batch.length > 0) events.push({ ...readings(...batch), arrivedAt: now });
    }
  }
  return events;
}

function readingsUntil(device: Device, now: number, random: Random): Reading[] {
  const dice = random.uniform();
  if (dice < 0.01) device.cadence = CADENCES[random.integer(CADENCES.length)]!;
  else if (dice < 0.02) device.offset = (random.uniform() - 0.5) * 40 * MINUTE;
  else if (dice < 0.06) device.offset = 0;
  // It was switched off for a while, or stood still with everything else.
  if (random.uniform() < 0.02 || now - device.next > 30 * MINUTE) device.next = now;
  const list: Reading[] = [];
  for (; device.next <= now; device.next += device.cadence) {
    device.value += random.gaussian();
    const time = random.uniform() < 0.02 ? null : Math.round(device.next + device.offset);
    list.push({
      ...reading(device.stream, time, disturbedValue(device.value, random)),
      retained: random.uniform() < 0.01,
    });
  }
  return list;
}

function disturbedValue(value: number, random: Random): number | null {
  const dice = random.uniform();
  if (dice < 0.03) return null;
  // About as far from the others as single-precision squares allow.
  if (dice < 0.033) return 1e18;
  if (dice < 0.036) return -1e18;
  if (dice < 0.04) return Number.NaN;
  return value;
}

/** Loses, repeats and reorders, in place. */
function disturb(batch: Reading[], sent: readonly Reading[], random: Random): void {
  if (batch.length > 0 && random.uniform() < 0.1) batch.splice(random.integer(batch.length), 1);
  for (let k = 0; k < 3 && sent.length > 0 && random.uniform() < 0.2; k++) {
    batch.push(sent[sent.length - 1 - random.integer(Math.min(40, sent.length))]!);
  }
  if (random.uniform() < 0.15) {
    for (let k = batch.length - 1; k > 0; k--) {
      const other = random.integer(k + 1);
      [batch[k], batch[other]] = [batch[other]!, batch[k]!];
    }
  }
}

/** Sometimes fit, sometimes of another length, not finite, absurdly large, or for an unknown group. */
function weightsEvent(version: number, random: Random): EngineEvent {
  const model = smallEngine();
  model.apply(readings(reading('s', START, 1)));
  model.apply(readings(reading('s', START + MINUTE, 2)));
  const weights = someWeights(model, random.integer(1e6));
  const dice = random.uniform();
  if (dice < 0.1) weights[random.integer(weights.length)] = Number.NaN;
  const large = dice >= 0.1 && dice < 0.2 ? 1e36 : 1;
  return {
    kind: 'weights',
    group: dice > 0.95 ? 'unknown' : 'shared',
    version,
    digest: '',
    weights: weights.slice(dice > 0.9 && dice <= 0.95 ? 1 : 0).map((weight) => large * weight),
    reason: 'published',
    loss: null,
    seconds: null,
  };
}
