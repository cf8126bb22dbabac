import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentReference } from '../../src/config/interpolate-environment.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { configurationBytesMax, readConfiguration } from '../../src/config/read-configuration.ts';

/**
 * `test/cases/config/<case>/config.yaml` beside either `expected.txt`, all problem lines in order,
 * or `expected.json`, a part of the configuration it must give. A case needs no code.
 */
const casesFolder = new URL('../cases/config/', import.meta.url);
const environment = {
  PORT: '8181',
  EMPTY: '',
  NAME: 'plant',
  DIGITS: '0123',
  NESTED: environmentReference('PORT'),
};

const read = (text: string) => readConfiguration({ file: 'inkling.yaml', text, environment });
const lines = (text: string) => (read(text).problems ?? []).map(formatProblem);

describe('configuration cases', () => {
  for (const name of readdirSync(casesFolder)) {
    const folder = new URL(`${name}/`, casesFolder);
    const text = readFileSync(new URL('config.yaml', folder), 'utf8');
    const problems = new URL('expected.txt', folder);
    if (existsSync(problems)) {
      it(`tells every problem of ${name}`, () => {
        expect(`${lines(text).join('\n')}\n`).toBe(readFileSync(problems, 'utf8'));
      });
    } else {
      it(`takes ${name} as it is meant`, () => {
        expect(lines(text)).toEqual([]);
        const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'));
        expect(read(text).configuration).toMatchObject(expected);
      });
    }
  }
});

describe('readConfiguration', () => {
  it('answers any text with a configuration or with problems', () => {
    const fragments = fc.constantFrom(
      ...[
        'http',
        'streams',
        'alerts',
        'models',
        ': ',
        '\n',
        '\n  ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '&a ',
      ],
      ...[
        '*a',
        '<<',
        '"',
        "'",
        '|',
        '>',
        '#',
        '!',
        '%',
        '?',
        environmentReference('PORT'),
        '${',
        '~',
        '.inf',
        '1e999',
      ],
      ...['when', 'above', 'levels', '__proto__', 'constructor', '---', '\t', '\0', 'é', '5/min'],
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fragments, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { configuration, problems } = read(text);
        expect(configuration === null).toBe(problems !== null && problems.length > 0);
        for (const problem of problems ?? []) {
          expect(problem.line).toBeGreaterThan(0);
          expect(formatProblem(problem)).not.toMatch(/\n|Invalid input|expected ,|got $/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('answers any data under known keys with words of its own', () => {
    const keys = ['mqtt', 'broker', 'sources', 'streams', 'models', 'training', 'influx', 'http'];
    const more = ['data', 'limits', 'simulate', 'receivers', 'maintenance', 'alerts', 'insecure'];
    const inner = ['url', 'port', 'match', 'horizon', 'levels', 'when', 'clear', 'notify', 'token'];
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('none', 'auto', '5m', '10GB', 'never', '**', ''),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...inner), tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys, ...more), value), (data) => {
        for (const line of lines(JSON.stringify(data))) {
          expect(line).not.toMatch(/Invalid|expected ,|\[object|undefined/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuses texts that nest or refer without measure, in short time', () => {
    const indented = Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    const repeated = ['[', '{', '- ', '? ', '[{', '&a ['].map((text) => text.repeat(100_000));
    for (const text of [indented, ...repeated]) {
      expect(lines(text)).toHaveLength(1);
      expect(lines(text)[0]).toContain('expected at most 64 levels of nesting, got more');
    }
    const doubling = ['a: &x0 [1]'];
    for (let i = 1; i < 30; i++) doubling.push(`a${i}: &x${i} [*x${i - 1}, *x${i - 1}]`);
    expect(lines(doubling.join('\n'))[0]).toContain('few aliases');
  });

  it('refuses a text beyond the size limit', () => {
    expect(lines('#'.repeat(configurationBytesMax))).toEqual([]);
    expect(lines('#'.repeat(configurationBytesMax + 1))).toEqual([
      'inkling.yaml:1: expected at most 1000000 bytes, got 1000001',
    ]);
  });

  it('never shows a password, a token or credentials in a URL', () => {
    const text = [
      'mqtt: { url: "tcp://anna:ge/heim@geheim@broker", password: 4711 }',
      'http: { tokens: [{ token: "ge heim" }] }',
      'receivers: { ops: { webhook: "ftp://x:geheim@y", secret: { geheim: 1 } } }',
    ].join('\n');
    expect(lines(text)).toHaveLength(5);
    expect(lines(text).join('\n')).not.toMatch(/geheim|4711/);
  });
});
