import { z } from 'zod';
import { byteSizePattern, parseByteSize } from './byte-sizes.ts';
import { durationPattern, parseDuration } from './durations.ts';
import { parseRate, ratePattern } from './rates.ts';

/**
 * The kinds of values that configurations are made of. Each is a zod schema whose every error
 * message is the same phrase: what was expected, fit to follow the word "expected". The phrase is
 * also the type in the reference page and the `errorMessage` that editors show.
 */

/** Names that people give to things: models, receivers, alert rules. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const nameExpected = 'a name of at most 64 letters, digits, ".", "_" and "-"';

export function wholeNumber(from: number, to: number) {
  const expected = `a whole number from ${from} to ${to}`;
  return z
    .number({ error: expected })
    .int(expected)
    .min(from, expected)
    .max(to, expected)
    .meta({ errorMessage: expected });
}

export function numberBetween(from: number, to: number) {
  const expected = `a number from ${from} to ${to}`;
  return z
    .number({ error: expected })
    .min(from, expected)
    .max(to, expected)
    .meta({ errorMessage: expected });
}

export function anyNumber() {
  const expected = 'a number';
  return z.number({ error: expected }).meta({ errorMessage: expected });
}

export function flag() {
  const expected = 'true or false';
  return z.boolean({ error: expected }).meta({ errorMessage: expected });
}

export function words<const Words extends readonly [string, ...string[]]>(...list: Words) {
  const expected = listed(list);
  return z.enum(list, { error: expected }).meta({ errorMessage: expected });
}

export function text(lengthMax = 1024) {
  const expected = `text of at most ${lengthMax} characters`;
  return z.string({ error: expected }).max(lengthMax, expected).meta({ errorMessage: expected });
}

/** Text of a certain form, checked by a pattern, a predicate or both. */
export function textThat(
  expected: string,
  isRight: ((value: string) => boolean) | RegExp,
  lengthMax = 1024,
) {
  const value = z.string({ error: expected }).max(lengthMax, expected);
  const checked =
    isRight instanceof RegExp ? value.regex(isRight, expected) : value.refine(isRight, expected);
  return checked.meta({ errorMessage: expected });
}

export function name() {
  return textThat(nameExpected, namePattern);
}

/** A glob over stream ids. */
export function glob() {
  return textThat('a glob such as "plant/**"', isGlob, 1024);
}

export function duration(from: string, to: string) {
  const fromMs = parseDuration(from)!;
  const toMs = parseDuration(to)!;
  const expected = `a duration from ${from} to ${to} such as 500ms, 60s, 2h or 30d`;
  return spelled(expected, durationPattern, (spelling) => {
    const ms = parseDuration(spelling);
    return ms !== null && ms >= fromMs && ms <= toMs ? ms : null;
  });
}

/** Bytes as a whole number or with a unit; decimal units unless written KiB, MiB, GiB, TiB. */
export function byteSize(from: string, to: string) {
  const fromBytes = parseByteSize(from)!;
  const toBytes = parseByteSize(to)!;
  const expected = `a size from ${from} to ${to} such as 65536, 64KiB or 10GB`;
  const sizeWithUnit = spelled(expected, byteSizePattern, (spelling) => {
    const bytes = parseByteSize(spelling);
    return bytes !== null && bytes >= fromBytes && bytes <= toBytes ? bytes : null;
  });
  const bytes = z.number().int(expected).min(fromBytes, expected).max(toBytes, expected);
  return z.union([bytes, sizeWithUnit], { error: expected }).meta({ errorMessage: expected });
}

/** Units of value a unit of time; comes out as units a millisecond. */
export function rate() {
  return spelled('a rate above 0 such as 5/min or 0.5/s', ratePattern, parseRate);
}

/** Text that stands for a number: `read` gives it, or null when the text is not right. */
function spelled<Value>(
  expected: string,
  pattern: RegExp,
  read: (spelling: string) => Value | null,
) {
  return z
    .string({ error: expected })
    .regex(pattern, expected)
    .transform((spelling, context) => {
      const value = read(spelling);
      if (value !== null) return value;
      context.issues.push({ code: 'custom', message: expected, input: spelling });
      return z.NEVER;
    })
    .meta({ errorMessage: expected });
}

/** Either of several forms that no single phrase of theirs describes. */
export function either<const Options extends readonly [z.ZodType, ...z.ZodType[]]>(
  expected: string,
  options: Options,
) {
  return z.union(options, { error: expected }).meta({ errorMessage: expected });
}

/** The word `word`, standing for null. */
export function wordForNull<const Word extends string>(word: Word) {
  return z.literal(word).transform((): null => null);
}

export function listOf<Element extends z.ZodType>(
  element: Element,
  bounds: { from: number; to: number },
) {
  const expected = `a list of ${bounds.from} to ${bounds.to} entries`;
  return z
    .array(element, { error: expected })
    .min(bounds.from, expected)
    .max(bounds.to, expected)
    .meta({ errorMessage: expected });
}

/** Numbers or durations that must rise from entry to entry. */
export function ascending(values: readonly unknown[]): boolean {
  return values.every((value, index) => index === 0 || Number(value) > Number(values[index - 1]));
}

/** A mapping with exactly these keys; others are problems. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: 'a mapping' }).meta({ errorMessage: 'a mapping' });
}

/** A mapping from names of the user's choice. */
export function namedEntries<Entry extends z.ZodType>(
  entry: Entry,
  bounds: { to: number; reserved?: readonly string[] },
) {
  const reserved = bounds.reserved ?? [];
  const keyExpected =
    reserved.length === 0 ? nameExpected : `${nameExpected}, other than ${listed(reserved)}`;
  const key = z
    .string()
    .refine((value) => namePattern.test(value) && !reserved.includes(value), keyExpected);
  const expected = `a mapping of at most ${bounds.to} named entries`;
  return z
    .record(key, entry, { error: expected })
    .refine((entries) => Object.keys(entries).length <= bounds.to, expected)
    .meta({ errorMessage: expected });
}

/** A key that may be left out, which comes out as null. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().transform((value) => value ?? null);
}

function isGlob(pattern: string): boolean {
  if (pattern === '' || /[\0\n\r]/.test(pattern)) return false;
  return balanced(pattern, '[', ']') && balanced(pattern, '{', '}') && balanced(pattern, '(', ')');
}

function balanced(pattern: string, open: string, close: string): boolean {
  let depth = 0;
  for (const character of pattern.replace(/\\./g, '')) {
    if (character === open) depth++;
    if (character === close) depth--;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** `a, b or c` */
export function listed(list: readonly (string | number)[]): string {
  if (list.length < 2) return list.join('');
  return `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`;
}
