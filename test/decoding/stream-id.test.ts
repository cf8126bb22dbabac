import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLevel, streamId } from '../../src/decoding/stream-id.ts';

const RESERVED = /[\p{Cc} *?[\]{}#+]/u;

describe('streamId', () => {
  it.each([
    ['plant/line-1/temp', 'plant/line-1/temp'],
    ['100%', '100%25'],
    ['living room/temp', 'living%20room/temp'],
    ['a\tb\u0000c\u007fd\u0085e', 'a%09b%00c%7Fd%C2%85e'],
    ['a*b?c', 'a%2Ab%3Fc'],
    ['[x]{y}', '%5Bx%5D%7By%7D'],
    ['#+', '%23%2B'],
    ['/a//b/', '/a//b/'],
    ['Ku\u0308che/°C', 'Küche/°C'],
    ['厨房/温度', '厨房/温度'],
  ])('writes %j as %j', (text, id) => {
    expect(streamId(text)).toBe(id);
  });

  it('gives an empty name and a name beyond 1,024 characters after encoding no id', () => {
    expect(streamId('')).toBeNull();
    expect(streamId('a'.repeat(1_024))).toHaveLength(1_024);
    expect(streamId('a'.repeat(1_025))).toBeNull();
    expect(streamId('#'.repeat(341))).toHaveLength(1_023);
    expect(streamId('#'.repeat(342))).toBeNull();
  });

  it('turns half a surrogate pair into U+FFFD', () => {
    expect(streamId('a\ud800b')).toBe('a\ufffdb');
  });

  it('comes back by decodeURIComponent, in NFC, without reserved characters', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 60 }),
        (text) => {
          const id = streamId(text);
          if (id === null) return;
          expect(decodeURIComponent(id)).toBe(text.normalize('NFC'));
          expect(id).toBe(id.normalize('NFC'));
          expect(id).not.toMatch(RESERVED);
        },
      ),
    );
  });

  it('encodes a combining mark that would melt into a hexadecimal digit', () => {
    const id = streamId(']\u0327')!;
    expect(id.normalize('NFC')).toBe(id);
    expect(decodeURIComponent(id)).toBe(']\u0327');
  });

  it('gives different names different ids', () => {
    const binary = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(binary, binary, (one, other) => {
        const same = one.normalize('NFC') === other.normalize('NFC');
        expect(streamId(one) === streamId(other)).toBe(same);
      }),
    );
  });
});

describe('encodeLevel', () => {
  it('encodes the slash of a name that is no topic', () => {
    expect(encodeLevel('in/out %')).toBe('in%2Fout%20%25');
    expect(decodeURIComponent(encodeLevel('in/out %'))).toBe('in/out %');
  });

  it('leaves plain names, dots and brackets of other kinds alone', () => {
    expect(encodeLevel('a.b(c)<d>,e=f')).toBe('a.b(c)<d>,e=f');
  });
});
