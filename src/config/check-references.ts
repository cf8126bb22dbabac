import { builtInReceivers } from './alert-schemas.ts';
import { describeValue, type Finding, suggest, type ValuePath } from './problem.ts';
import { listed } from './schema-values.ts';
import { wildcardNames } from './topic-filters.ts';

/**
 * Checks that need more than one key: names that must exist elsewhere, and values that must fit
 * each other. They read the file's plain data, not the parsed configuration, so that they are told
 * in the same run as other problems; parts of a wrong type are passed over, the schema tells of
 * those.
 */
export function checkReferences(root: unknown): Finding[] {
  const file = entriesOf(root);
  return [
    ...listOf(file['streams']).flatMap((rule, index) => modelExists(rule, index, file['models'])),
    ...listOf(file['sources']).flatMap(templateNamesExist),
    ...listOf(file['alerts']).flatMap((rule, index) => [
      ...receiversExist(rule, index, file['receivers']),
      ...clearFitsCondition(rule, index),
    ]),
    ...['models', 'receivers'].flatMap((section) => nameIsHarmless(section, file[section])),
    ...alertNamesDiffer(listOf(file['alerts'])),
  ];
}

/** The schema passes over this one name, which would otherwise be dropped without a word. */
function nameIsHarmless(section: string, entries: unknown): Finding[] {
  if (!Object.hasOwn(entriesOf(entries), '__proto__')) return [];
  const expected = 'a name that begins with a letter or a digit';
  return [{ ...fault([section, '__proto__'], expected, '__proto__'), at: 'key' }];
}

function modelExists(rule: unknown, index: number, models: unknown): Finding[] {
  const model = entriesOf(rule)['model'];
  const known = [...new Set(['shared', ...Object.keys(entriesOf(models))])];
  return oneOf(model, known, ['streams', index, 'model'], 'a key of models');
}

function receiversExist(rule: unknown, index: number, receivers: unknown): Finding[] {
  const known = [...new Set([...builtInReceivers, ...Object.keys(entriesOf(receivers))])];
  return listOf(entriesOf(rule)['notify']).flatMap((receiver, position) =>
    oneOf(receiver, known, ['alerts', index, 'notify', position], 'a receiver'),
  );
}

/** Every name in the template must be there for each of the topics. */
function templateNamesExist(source: unknown, index: number): Finding[] {
  const { topics = ['#'], stream } = entriesOf(source);
  if (typeof stream !== 'string') return [];
  const names = [...stream.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const filters = listOf(topics).filter((topic) => typeof topic === 'string');
  for (const filter of filters) {
    const known = ['topic', 'key', ...wildcardNames(filter)];
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) continue;
    const path = ['sources', index, 'stream'];
    const expected = `names that ${JSON.stringify(filter)} gives (${listed(known)})`;
    const got = describeValue(`{${unknown}}`, path);
    return [{ path, at: 'value', expected, got, hint: suggest(unknown, known) }];
  }
  return [];
}

function alertNamesDiffer(rules: readonly unknown[]): Finding[] {
  const seen = new Set<unknown>();
  return rules.flatMap((rule, index) => {
    const name = entriesOf(rule)['name'];
    if (typeof name !== 'string') return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const expected = 'a name that no other rule has';
    return [fault(['alerts', index, 'name'], expected, name)];
  });
}

/**
 * A rise is cleared by a fall to or below its threshold, and the reverse; other conditions clear
 * themselves.
 */
function clearFitsCondition(rule: unknown, index: number): Finding[] {
  const { when, clear } = entriesOf(rule);
  const { above, below } = entriesOf(when);
  const cleared = entriesOf(clear);
  const findings: Finding[] = [];
  const check = (key: 'above' | 'below', threshold: unknown, fits: (limit: number) => boolean) => {
    const limit = cleared[key];
    if (typeof limit !== 'number') return;
    const path = ['alerts', index, 'clear', key];
    const opposite = key === 'above' ? 'below' : 'above';
    if (typeof threshold !== 'number') {
      const expected = `no such key without when.${opposite}`;
      findings.push({ ...fault(path, expected, limit), at: 'key' });
    } else if (!fits(limit)) {
      const bound = key === 'above' ? 'at least' : 'at most';
      findings.push(fault(path, `${bound} the threshold ${threshold} of the condition`, limit));
    }
  };
  check('below', above, (limit) => limit <= Number(above));
  check('above', below, (limit) => limit >= Number(below));
  return findings;
}

function oneOf(value: unknown, known: readonly string[], path: ValuePath, what: string): Finding[] {
  if (typeof value !== 'string' || known.includes(value)) return [];
  const finding = fault(path, `${what} (${listed(known)})`, value);
  return [{ ...finding, hint: suggest(value, known) }];
}

function fault(path: ValuePath, expected: string, value: unknown): Finding {
  return { path, at: 'value', expected, got: describeValue(value, path), hint: null };
}

function entriesOf(value: unknown): Record<string, unknown> {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
