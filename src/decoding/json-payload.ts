import {
  BAD_TIME,
  type Fault,
  type Harvest,
  isTooMuch,
  NO_READING,
  READINGS_PER_MESSAGE_MAX,
  refuse,
  TOO_DEEP,
  TOO_MANY,
} from './harvest.ts';
import { parseJson } from './parse-json.ts';
import { isTimeKey, type TimeReader } from './reading-time.ts';
import { readScalar, readWord } from './scalar.ts';
import { encodeLevel } from './stream-id.ts';

/**
 * Payloads in JSON.
 *
 *     {"v":21.5,"t":…,"u":"°C","q":1}     the reading itself, key empty: v or value beside nothing
 *                                         but time keys, u | unit | units, q | quality
 *     {"a":{"b":1,"t":…},"c":"2","t":…}   leaves a.b and c; the nearest time key around a leaf counts
 *     [{"t":…,"v":…},…]                   each object as if it had come alone, in order
 *
 * Leaves are numbers, numeric texts, booleans (1, 0) and null or "nan" and its like (missing).
 * Other texts, arrays within objects and elements of arrays that are no objects are none. Names
 * such as `__proto__` are names: objects are only read, under their own keys.
 * Of several time keys in one object the first that is not null counts. A part whose time cannot be
 * read is one fault per object of the payload; its other parts count.
 */

const DEPTH_MAX = 32;
/** Units are shown, not computed with: a longer text is none. */
const UNIT_LENGTH_MAX = 32;

type Role = 'time' | 'value' | 'unit' | 'quality' | 'other';
type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a JSON text; undefined when it is none. */
export function readJsonText(text: string, readTime: TimeReader): Harvest | undefined {
  const root = parseJson(text);
  return root === undefined ? undefined : readJson(root, readTime);
}

/** Reads a value that JSON.parse made. */
export function readJson(root: unknown, readTime: TimeReader): Harvest {
  if (Array.isArray(root)) return readList(root, readTime);
  if (isObject(root)) return readList([root], readTime);
  const value = typeof root === 'string' ? readWord(root) : readScalar(root);
  if (value === undefined) return refuse(NO_READING);
  return { leaves: [{ key: '', value, time: null, unit: null, tags: null }], faults: [] };
}

function readList(list: readonly unknown[], readTime: TimeReader): Harvest {
  if (list.length > READINGS_PER_MESSAGE_MAX) return refuse(TOO_MANY);
  const harvest: Harvest = { leaves: [], faults: [] };
  for (const element of list) {
    const fault = isObject(element) ? readObject(element, readTime, harvest) : NO_READING;
    if (fault === TOO_MANY || fault === TOO_DEEP) return refuse(fault);
    if (fault !== null) harvest.faults.push(fault);
    if (isTooMuch(harvest)) return refuse(TOO_MANY);
  }
  return harvest.leaves.length + harvest.faults.length === 0 ? refuse(NO_READING) : harvest;
}

/** Adds one object's leaves; answers what is wrong with it as a whole, or null. */
function readObject(object: JsonObject, readTime: TimeReader, harvest: Harvest): Fault | null {
  let rawTime: unknown = null;
  let unit: unknown = null;
  let valueKey: string | null = null;
  let isLone = true;
  for (const key in object) {
    switch (roleOf(key)) {
      case 'time':
        rawTime ??= object[key];
        break;
      case 'value':
        isLone &&= valueKey === null;
        valueKey = key;
        break;
      case 'unit':
        unit ??= object[key];
        break;
      case 'other':
        isLone = false;
        break;
    }
  }
  const time = readTime(rawTime);
  const value = isLone && valueKey !== null ? readScalar(object[valueKey]) : undefined;
  if (value === undefined) return readLeaves(object, time, readTime, harvest);
  if (Number.isNaN(time)) return BAD_TIME;
  harvest.leaves.push({ key: '', value, time, unit: unitOf(unit), tags: null });
  return null;
}

function readLeaves(
  object: JsonObject,
  time: number | null,
  readTime: TimeReader,
  harvest: Harvest,
): Fault | null {
  const countBefore = harvest.leaves.length;
  const walk: Walk = { harvest, readTime, lostToTime: 0 };
  const fault = walkObject(object, '', time, 1, walk);
  if (fault !== null) return fault;
  if (walk.lostToTime > 0) return BAD_TIME;
  return harvest.leaves.length === countBefore ? NO_READING : null;
}

interface Walk {
  readonly harvest: Harvest;
  readonly readTime: TimeReader;
  /** Leaves whose time could not be read. */
  lostToTime: number;
}

/** Recursion is bounded by DEPTH_MAX. `time` is NaN inside a part whose time cannot be read. */
function walkObject(
  object: JsonObject,
  prefix: string,
  time: number | null,
  depth: number,
  walk: Walk,
): Fault | null {
  if (depth > DEPTH_MAX) return TOO_DEEP;
  for (const key in object) {
    if (isTimeKey(key)) continue;
    const raw = object[key];
    if (isObject(raw)) {
      const own = walk.readTime(ownTime(raw)) ?? time;
      const fault = walkObject(raw, `${prefix}${encodeLevel(key)}.`, own, depth + 1, walk);
      if (fault !== null) return fault;
      continue;
    }
    const value = readScalar(raw);
    if (value !== undefined) addLeaf(prefix + encodeLevel(key), value, time, walk);
  }
  return isTooMuch(walk.harvest) ? TOO_MANY : null;
}

function addLeaf(key: string, value: number | null, time: number | null, walk: Walk): void {
  if (Number.isNaN(time)) walk.lostToTime++;
  else walk.harvest.leaves.push({ key, value, time, unit: null, tags: null });
}

function ownTime(object: JsonObject): unknown {
  for (const key in object) {
    if (isTimeKey(key) && object[key] !== null) return object[key];
  }
  return null;
}

function roleOf(key: string): Role {
  switch (key) {
    case 'v':
    case 'value':
      return 'value';
    case 'u':
    case 'unit':
    case 'units':
      return 'unit';
    case 'q':
    case 'quality':
      return 'quality';
    default:
      return isTimeKey(key) ? 'time' : 'other';
  }
}

function unitOf(raw: unknown): string | null {
  return typeof raw === 'string' && raw !== '' && raw.length <= UNIT_LENGTH_MAX ? raw : null;
}

function isObject(raw: unknown): raw is JsonObject {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
