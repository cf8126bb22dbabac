import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowSplitter } from '../../../src/evaluation/csv/row-splitter.ts';

function fieldsOf(text: string, last: boolean): { fields: string[]; next: number } {
  const bytes = Buffer.from(text);
  const splitter = new RowSplitter(44);
  const next = splitter.next(bytes, 0, last);
  const fields = Array.from({ length: splitter.count }, (_, i) =>
    bytes.toString('utf8', splitter.starts[i], splitter.ends[i]),
  );
  return { fields, next };
}

describe('RowSplitter', () => {
  it.each([
    ['a,b\nc', ['a', 'b'], 4],
    ['a,b\r\nc', ['a', 'b'], 5],
    ['"a,\n",b\n', ['a,\n', 'b'], 8],
    ['"a"\r\nb', ['a'], 5],
    [',\n', ['', ''], 2],
    ['\r\n', [''], 2],
  ])('splits %j', (text, fields, next) => {
    expect(fieldsOf(text, false)).toEqual({ fields, next });
  });

  it.each(['a,b', 'a,b\r', '"a\n', '"a""', '"a"', 'a,'])('waits for the end of %j', (text) => {
    expect(fieldsOf(text, false).next).toBe(-1);
    expect(fieldsOf(text, true).next).toBe(text.length);
  });

  it('grows with the row', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `c${i}`);
    expect(fieldsOf(`${names.join(',')}\n`, false).fields).toEqual(names);
  });

  it('finds the same fields wherever the bytes are cut', () => {
    const field = fc.array(fc.constantFrom('a', '1', ' ', ','), { maxLength: 5 });
    const row = fc.array(field, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(row, fc.nat(40), (fields, cut) => {
        const text = `${fields.map((f) => `"${f.join('')}"`).join(',')}\r\n`;
        const whole = fieldsOf(text, false);
        expect(whole.next).toBe(text.length);
        expect(whole.fields).toEqual(fields.map((f) => f.join('')));
        if (cut < text.length) expect(fieldsOf(text.slice(0, cut), false).next).toBe(-1);
      }),
    );
  });
});
