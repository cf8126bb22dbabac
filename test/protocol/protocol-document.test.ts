import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clientMessageSchemas, itemKinds } from '../../src/protocol/client-messages.ts';
import { itemSchema } from '../../src/protocol/item-schemas.ts';
import { closeCodes, messageBounds } from '../../src/protocol/limits.ts';
import { serverMessageSchema, serverMessageSchemas } from '../../src/protocol/server-messages.ts';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

/** Lines of all fenced blocks in a language. */
function fenced(language: string): string[] {
  const blocks = page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'));
  return [...blocks].flatMap(([, block]) => block!.trim().split('\n'));
}

describe('docs/protocol.md', () => {
  it('shows every kind of item as it is', () => {
    const items = fenced('items').map((line) => itemSchema.parse(JSON.parse(line)));
    expect(items.map(({ kind }) => kind)).toEqual([...itemKinds]);
  });

  it('shows every message as it is', () => {
    const lines = fenced('text');
    const sent = new Set<string>();
    const received = new Set<string>();
    for (const line of lines) {
      const value = JSON.parse(line.slice(2));
      if (line.startsWith('C ')) {
        const type = value.type as keyof typeof clientMessageSchemas;
        expect(() => clientMessageSchemas[type].parse(value)).not.toThrow();
        sent.add(type);
      } else {
        received.add(serverMessageSchema.parse(value).type);
      }
    }
    expect([...sent].sort()).toEqual(Object.keys(clientMessageSchemas).sort());
    expect([...received].sort()).toEqual(Object.keys(serverMessageSchemas).sort());
  });

  it('names every close code but the one nothing is closed with yet', () => {
    for (const code of Object.values(closeCodes)) {
      if (code !== closeCodes.forbidden) expect(page).toContain(`| ${code} |`);
    }
  });
});

describe('client message schemas', () => {
  const subscribe = clientMessageSchemas.subscribe;

  it('fill in the documented defaults', () => {
    expect(subscribe.parse({ id: 1, type: 'subscribe', streams: ['**'] })).toEqual({
      id: 1,
      type: 'subscribe',
      streams: ['**'],
      kinds: ['reading', 'forecast', 'anomaly', 'alert'],
      snapshot: true,
      history: 0,
      mode: 'latest',
      maxRate: null,
      resume: null,
    });
  });

  it('bound everything a client may ask for', () => {
    const base = { type: 'subscribe', streams: ['**'] };
    const refused = (change: object) => subscribe.safeParse({ ...base, ...change }).success;
    expect(refused({})).toBe(true);
    for (const change of [
      { streams: [] },
      { streams: new Array(messageBounds.globs + 1).fill('a') },
      { streams: ['a'.repeat(messageBounds.globLength + 1)] },
      { streams: [''] },
      { kinds: [] },
      { kinds: ['weather'] },
      { history: -1 },
      { history: messageBounds.history + 1 },
      { history: 1.5 },
      { mode: 'some' },
      { maxRate: 0 },
      { maxRate: messageBounds.maxRate + 1 },
      { resume: { epoch: 'a' } },
      { resume: { epoch: 'a', offset: -1 } },
      { id: 'x'.repeat(messageBounds.idLength + 1) },
      { snapshots: true },
    ]) {
      expect([change, refused(change)]).toEqual([change, false]);
    }
  });
});
