import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configurationJsonSchema, jsonSchemaText } from '../../src/config/json-schema.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read-configuration.ts';
import { referencePageText, referenceSections } from '../../src/config/reference-page.ts';

const root = new URL('../../', import.meta.url);
const committed = (path: string) => readFileSync(new URL(path, root), 'utf8');

describe('what is generated from the schema', () => {
  it('is committed as it would be generated now (else: npm run generate)', () => {
    expect(committed('config/inkling.schema.json')).toBe(jsonSchemaText());
    expect(committed('docs/configuration.md')).toBe(referencePageText());
  });

  it('has a section for every top-level key, and a meaning and a type for every key', () => {
    const names = referenceSections().map((section) => section.name);
    expect(names).toEqual(Object.keys(configurationJsonSchema().properties!));
    for (const { name, meaning, rows } of referenceSections()) {
      expect(meaning, name).not.toBe('');
      for (const row of rows) {
        expect(row.meaning, `${name}.${row.key}`).toMatch(/^.+\.$/);
        expect(row.type, `${name}.${row.key}`).not.toBe('');
      }
    }
  });

  it('has a default and an example for every key that holds a value', () => {
    const rows = referenceSections().flatMap(({ name, rows }) =>
      rows.filter((row) => row.type !== 'a mapping').map((row) => ({ ...row, name })),
    );
    expect(rows.length).toBeGreaterThan(80);
    for (const row of rows) {
      expect(row.default, `${row.name}.${row.key}`).not.toBe('');
      expect(row.example, `${row.name}.${row.key}`).not.toBe('');
    }
  });

  it('gives examples that are right', () => {
    for (const section of referenceSections()) {
      for (const { key, example } of section.rows) {
        // Groups have examples at their keys; a name that stands for another entry needs that
        // entry.
        if (example === '' || /[.]|^(model|notify|stream)$/.test(key)) continue;
        const text =
          section.form === 'value' ? example : `${section.name}: ${entry(section, example)}`;
        const own = problemsOf(text).filter(({ path }) => path.includes(key));
        expect(own.map(formatProblem), text).toEqual([]);
      }
    }
  });
});

describe('the example configurations', () => {
  const examples = readdirSync(new URL('config/examples/', root)).filter((name) =>
    name.endsWith('.yaml'),
  );

  it('are there', () => {
    expect(examples).toContain('minimal.yaml');
  });

  it.each(examples)('%s is valid and names the schema for editors', (name) => {
    const text = committed(`config/examples/${name}`);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../inkling.schema.json');
    expect(problemsOf(text).map(formatProblem)).toEqual([]);
  });
});

function problemsOf(text: string) {
  const environment = { DASHBOARD_TOKEN: 'abc' };
  return readConfiguration({ file: 'example.yaml', text, environment }).problems ?? [];
}

function entry({ form }: { form: string }, example: string): string {
  if (form === 'list') return `[{ ${example} }]`;
  return form === 'named' ? `{ some: { ${example} } }` : `{ ${example} }`;
}
