/** What a line of line protocol says, read by the rules of InfluxDB 1, for tests. */
export interface ReadLine {
  measurement: string;
  tags: Record<string, string>;
  fields: Record<string, number | string>;
  timeMs: number;
}

/** Reads lines, each ending in a line feed. Throws on anything that InfluxDB would not take. */
export function readLines(text: string): ReadLine[] {
  const lines: ReadLine[] = [];
  let rest = text;
  while (rest !== '') {
    const line: ReadLine = { measurement: '', tags: {}, fields: {}, timeMs: 0 };
    [line.measurement, rest] = readName(rest, [',', ' ']);
    while (rest.startsWith(',')) {
      const [key, behindKey] = readName(rest.slice(1), ['=']);
      const [value, behindValue] = readName(behindKey.slice(1), [',', ' ']);
      if (key === '' || value === '') throw new Error(`empty tag before "${behindValue}"`);
      own(line.tags, key, value);
      rest = behindValue;
    }
    do {
      const [key, behindKey] = readName(rest.slice(1), ['=']);
      const [value, behindValue] = readField(behindKey.slice(1));
      own(line.fields, key, value);
      rest = behindValue;
    } while (rest.startsWith(','));
    const time = /^ (-?\d+)\n/.exec(rest);
    if (time === null) throw new Error(`expected a time, got "${rest.slice(0, 30)}"`);
    line.timeMs = Number(time[1]);
    rest = rest.slice(time[0].length);
    lines.push(line);
  }
  return lines;
}

/** Sets a key whatever its name; `__proto__` is a tag like any other. */
function own<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** A backslash takes the next character along; it vanishes before comma, space and equals sign. */
function readName(text: string, until: string[]): [name: string, rest: string] {
  let name = '';
  let at = 0;
  while (at < text.length && !until.includes(text[at]!)) {
    if (text[at] === '\n') throw new Error(`line feed in a name: "${text.slice(0, at)}"`);
    if (text[at] === '\\') {
      if (!', ='.includes(text[at + 1] ?? '?')) name += '\\';
      at += 1;
    } else if (',= '.includes(text[at]!)) {
      throw new Error(`bare "${text[at]}" in "${text.slice(0, at + 1)}"`);
    }
    name += text[at] ?? '';
    at += 1;
  }
  return [name, text.slice(at)];
}

function readField(text: string): [value: number | string, rest: string] {
  const number = /^-?\d+(?:\.\d+)?(?:e[+-]\d+)?(?=[, ])/.exec(text);
  if (number !== null) return [Number(number[0]), text.slice(number[0].length)];
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(text);
  if (quoted === null) throw new Error(`expected a field, got "${text.slice(0, 30)}"`);
  return [quoted[1]!.replace(/\\(["\\])/g, '$1'), text.slice(quoted[0].length)];
}
