import { InklingError } from '../protocol/errors.ts';

/**
 * Topics of a source: MQTT filters whose wildcards may carry names.
 *
 *     plant/+site/+device/telemetry      filter plant/+/+/telemetry     labels site, device
 *     plant/#rest                        filter plant/#                 label  rest (may be empty)
 *
 * Matching is MQTT's: `+` is one level, `#` any number of last levels including none, and neither
 * matches a leading level that starts with `$` [MQTT-4.7.2-1]. Shared subscriptions are refused:
 * with `$share/…` several clients would each see only a part of a sensor's readings.
 */
export interface TopicTemplate {
  /** What to subscribe with. */
  readonly filter: string;
  /** Names of its wildcards, from left to right. */
  readonly names: readonly string[];
  /** Values of the named wildcards as the topic has them; null when the topic does not match. */
  match(topic: string): Labels | null;
}

export type Labels = Readonly<Record<string, string>>;

/** What every topic without named wildcards answers: nothing to tell, and nothing allocated. */
export const NO_LABELS: Labels = Object.freeze({});

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const TAKEN_NAMES = new Set(['topic', 'key']);
/** A topic filter is an MQTT string [MQTT-4.7.3-3]. */
const FILTER_LENGTH_MAX = 65_535;

/** Compiles one entry of a source's `topics`; throws `ERR_CONFIG_INVALID` when it is none. */
export function compileTopic(text: string): TopicTemplate {
  const levels = text.split('/');
  checkText(text, levels);
  const names: string[] = [];
  const nameOfLevel = levels.map((level, index) => {
    const isLast = index === levels.length - 1;
    const name = wildcardName(text, level, isLast);
    if (name !== null && names.includes(name)) {
      throw invalid(text, `the name "${name}" is used twice`);
    }
    if (name !== null) names.push(name);
    return name;
  });
  const pattern = levels.map((level) => (/^[+#]/.test(level) ? level.charAt(0) : level));
  return {
    filter: pattern.join('/'),
    names,
    match: (topic) => {
      if (names.length === 0) return levelsMatch(pattern, topic) ? NO_LABELS : null;
      return levelsMatch(pattern, topic) ? labelsOf(topic, pattern, nameOfLevel) : null;
    },
  };
}

/** True when an MQTT topic filter (plain wildcards, not checked here) takes this topic. */
export function topicMatches(filter: string, topic: string): boolean {
  return levelsMatch(filter.split('/'), topic);
}

function levelsMatch(pattern: readonly string[], topic: string): boolean {
  const first = pattern[0]!;
  if (topic.startsWith('$') && (first === '+' || first === '#')) return false;
  if (first === '#') return true;
  const levels = topic.split('/');
  for (let index = 0; index < pattern.length; index++) {
    const expected = pattern[index]!;
    if (expected === '#') return true;
    if (index === levels.length) return false;
    if (expected !== '+' && expected !== levels[index]) return false;
  }
  return pattern.length === levels.length;
}

function labelsOf(
  topic: string,
  pattern: readonly string[],
  nameOfLevel: readonly (string | null)[],
): Labels {
  const levels = topic.split('/');
  const labels: Record<string, string> = {};
  for (let index = 0; index < pattern.length; index++) {
    const name = nameOfLevel[index]!;
    if (name === null) continue;
    labels[name] = pattern[index] === '#' ? levels.slice(index).join('/') : levels[index]!;
  }
  return labels;
}

/** The name behind a wildcard; null for a plain wildcard and for a level without any. */
function wildcardName(text: string, level: string, isLast: boolean): string | null {
  const wildcard = level.charAt(0);
  if (wildcard !== '+' && wildcard !== '#') {
    if (!/[+#]/.test(level)) return null;
    throw invalid(text, `a wildcard must be a level of its own, got "${level}"`);
  }
  if (wildcard === '#' && !isLast) throw invalid(text, `"${level}" must be the last level`);
  const name = level.slice(1);
  if (name === '') return null;
  if (!NAME.test(name)) {
    throw invalid(text, `a name is a letter, then letters, digits, "_" or "-", got "${name}"`);
  }
  if (TAKEN_NAMES.has(name)) throw invalid(text, `the name "${name}" has a meaning of its own`);
  return name;
}

function checkText(text: string, levels: readonly string[]): void {
  if (text === '') throw invalid(text, 'it is empty');
  if (text.length > FILTER_LENGTH_MAX) {
    throw invalid(`${text.slice(0, 40)}…`, `it is longer than ${FILTER_LENGTH_MAX} characters`);
  }
  if (text.includes('\0')) throw invalid(text, 'it holds the character NUL');
  if (levels[0] === '$share') throw invalid(text, 'shared subscriptions would split a stream');
}

function invalid(text: string, reason: string): InklingError {
  return new InklingError('ERR_CONFIG_INVALID', `expected a topic, got "${text}": ${reason}`);
}
