import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { scriptedNetwork } from './scripted-web-socket.ts';

const url = 'ws://host/v1/ws';

function batch(subscription: number, offset: number) {
  return { type: 'batch', subscription, epoch: 'e1', offset, dropped: 0, items: [] };
}

function subscribed(id: unknown, subscription: number) {
  const position = { streams: 1, epoch: 'e1', offset: 0, recovered: false };
  return { id, type: 'subscribed', subscription, ...position };
}

function openClient(token?: string) {
  const network = scriptedNetwork();
  const client = connect(url, { ...network.options, ...(token === undefined ? {} : { token }) });
  const states: string[] = [];
  client.state$.subscribe((state) => states.push(state));
  return { ...network, client, states };
}

describe('connect', () => {
  it('is ready once the server says so, over the subprotocol of the contract', () => {
    const { sockets, states } = openClient();
    sockets[0]!.greets();
    expect(sockets[0]!.url).toBe(url);
    expect(sockets[0]!.protocol).toBe('inkling.v1.json');
    expect(states).toEqual(['connecting', 'ready']);
  });

  it('answers a hello that asks for a token with it, and only then', () => {
    const asked = openClient('secret');
    asked.sockets[0]!.greets('token');
    expect(asked.sockets[0]!.sent).toEqual([{ type: 'auth', token: 'secret' }]);
    expect(asked.states).toEqual(['connecting']);
    asked.sockets[0]!.says({ type: 'ready' });
    expect(asked.states).toEqual(['connecting', 'ready']);

    const open = openClient('secret');
    open.sockets[0]!.greets('none');
    expect(open.sockets[0]!.sent).toEqual([]);
  });

  it('gives up when a token is asked for and there is none, or when it is refused', () => {
    const without = openClient();
    without.sockets[0]!.greets('token');
    const wrong = openClient('wrong');
    wrong.sockets[0]!.greets('token');
    wrong.sockets[0]!.closes(4401);
    for (const { states, sockets, advance } of [without, wrong]) {
      advance(600_000);
      expect(states).toEqual(['connecting', 'unauthorised']);
      expect(sockets).toHaveLength(1);
    }
  });

  it('comes back after a loss, waiting longer each time but never over thirty seconds', () => {
    const { sockets, advance, states } = openClient();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 10; attempt++) {
      sockets.at(-1)!.closes(1006);
      let waited = 0;
      while (sockets.length === attempt + 1 && waited < 60_000) {
        advance(50);
        waited += 50;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
    expect(states.slice(0, 3)).toEqual(['connecting', 'disconnected', 'connecting']);
  });

  it('starts the back-off anew only after a connection that lasted', () => {
    const { sockets, advance } = openClient();
    for (let attempt = 0; attempt < 3; attempt++) {
      sockets.at(-1)!.greets();
      sockets.at(-1)!.closes(4429);
      advance(5_000);
    }
    expect(sockets).toHaveLength(4);
    sockets[3]!.greets();
    advance(25_000);
    sockets[3]!.says({ type: 'pong' });
    sockets[3]!.closes(1012);
    advance(250);
    expect(sockets).toHaveLength(5);
  });

  it('leaves a server that has fallen silent, and one that never greets', () => {
    const silent = openClient();
    silent.sockets[0]!.greets();
    silent.advance(25_000);
    expect(silent.sockets[0]!.sent).toEqual([{ type: 'ping' }]);
    silent.advance(25_000);
    expect(silent.sockets[0]!.closed).toBe(true);
    expect(silent.states.at(-1)).toBe('disconnected');

    const mute = openClient();
    mute.advance(10_000);
    expect(mute.sockets[0]!.closed).toBe(true);
    expect(mute.states.at(-1)).toBe('disconnected');
  });

  it('hears nothing more from a socket it has given up', () => {
    const { sockets, advance, states } = openClient();
    sockets[0]!.closes(1006);
    sockets[0]!.greets();
    expect(states.at(-1)).toBe('disconnected');
    advance(250);
    sockets[0]!.greets();
    expect(states.at(-1)).toBe('connecting');
  });

  it('passes over what is no message', () => {
    const { sockets, states } = openClient();
    sockets[0]!.says('{');
    sockets[0]!.says('null');
    sockets[0]!.says('[1]');
    sockets[0]!.greets();
    expect(states.at(-1)).toBe('ready');
  });

  it('completes and reconnects no more once closed', () => {
    const { client, sockets, advance } = openClient();
    let completions = 0;
    client.state$.subscribe({ complete: () => completions++ });
    client.items$({ streams: ['**'] }).subscribe({ complete: () => completions++ });
    client.close();
    client.close();
    advance(600_000);
    expect(completions).toBe(2);
    expect(sockets).toHaveLength(1);
    expect(sockets[0]!.closed).toBe(true);
  });
});

describe('items$', () => {
  it('subscribes when ready and passes on the batches of its own subscription only', () => {
    const { client, sockets } = openClient();
    const offsets: number[] = [];
    client.items$({ streams: ['a'], history: 5 }).subscribe(({ offset }) => offsets.push(offset));
    expect(sockets[0]!.sent).toEqual([]);
    sockets[0]!.greets();
    const [request] = sockets[0]!.sent;
    expect(request).toEqual({ id: 1, type: 'subscribe', streams: ['a'], history: 5 });
    sockets[0]!.says(subscribed(1, 7));
    sockets[0]!.says(batch(7, 10));
    sockets[0]!.says(batch(8, 11));
    sockets[0]!.says(batch(7, 12));
    expect(offsets).toEqual([10, 12]);
  });

  it('subscribes again after a loss, from where it was', () => {
    const { client, sockets, advance } = openClient();
    const offsets: number[] = [];
    client.items$({ streams: ['a'] }).subscribe(({ offset }) => offsets.push(offset));
    sockets[0]!.greets();
    sockets[0]!.says(subscribed(1, 1));
    sockets[0]!.says(batch(1, 40));
    sockets[0]!.closes(1012);
    advance(250);
    sockets[1]!.greets();
    const resume = { epoch: 'e1', offset: 40 };
    expect(sockets[1]!.sent).toEqual([{ id: 2, type: 'subscribe', streams: ['a'], resume }]);
    sockets[1]!.says(subscribed(2, 3));
    sockets[1]!.says(batch(3, 41));
    expect(offsets).toEqual([40, 41]);
  });

  it('gives its subscription back, also when it leaves before the server has answered', () => {
    const { client, sockets } = openClient();
    sockets[0]!.greets();
    const first = client.items$({ streams: ['a'] }).subscribe();
    sockets[0]!.says(subscribed(1, 1));
    first.unsubscribe();
    expect(sockets[0]!.sent.at(-1)).toEqual({ id: 2, type: 'unsubscribe', subscription: 1 });
    client
      .items$({ streams: ['b'] })
      .subscribe()
      .unsubscribe();
    expect(sockets[0]!.sent.at(-1)).toMatchObject({ id: 3, type: 'subscribe' });
    sockets[0]!.says(subscribed(3, 2));
    expect(sockets[0]!.sent.at(-1)).toEqual({ id: 4, type: 'unsubscribe', subscription: 2 });
  });

  it('errors with the code and hint of a refusal, and leaves other subscriptions alone', () => {
    const { client, sockets } = openClient();
    const errors: unknown[] = [];
    const offsets: number[] = [];
    sockets[0]!.greets();
    client.items$({ streams: ['['] }).subscribe({ error: (error) => errors.push(error) });
    client.items$({ streams: ['a'] }).subscribe(({ offset }) => offsets.push(offset));
    const refusal = { code: 'ERR_REQUEST_INVALID', message: 'Expected a glob.', hint: 'Try "**".' };
    sockets[0]!.says({ id: 1, type: 'error', ...refusal });
    sockets[0]!.says(subscribed(2, 1));
    sockets[0]!.says(batch(1, 1));
    expect(errors).toEqual([expect.objectContaining(refusal)]);
    expect(offsets).toEqual([1]);
  });
});

describe('streams', () => {
  const asked = { type: 'streams', match: 'plant/**', limit: 1000 };

  it('asks once ready, page by page, also past an empty one', async () => {
    const { client, sockets } = openClient();
    const answer = client.streams('plant/**');
    sockets[0]!.greets();
    const pages = [
      { after: null, data: { streams: [{ id: 'plant/1' }], next: 'plant/1' } },
      { after: 'plant/1', data: { streams: [], next: 'plant/7' } },
      { after: 'plant/7', data: { streams: [{ id: 'plant/8' }], next: null } },
    ];
    for (const [index, { after, data }] of pages.entries()) {
      await expect.poll(() => sockets[0]!.sent[index]).toEqual({ id: index + 1, ...asked, after });
      sockets[0]!.says({ id: index + 1, type: 'result', data });
    }
    expect(await answer).toEqual([{ id: 'plant/1' }, { id: 'plant/8' }]);
    expect(sockets[0]!.sent).toHaveLength(3);
  });

  it('asks for no more than its limit', async () => {
    const { client, sockets } = openClient();
    const answer = client.streams('plant/**', 1);
    sockets[0]!.greets();
    expect(sockets[0]!.sent).toEqual([{ id: 1, ...asked, limit: 1, after: null }]);
    sockets[0]!.says({ id: 1, type: 'result', data: { streams: [{ id: 'a' }], next: 'a' } });
    expect(await answer).toEqual([{ id: 'a' }]);
  });

  it('rejects when refused, and when no answer comes within ten seconds', async () => {
    const { client, sockets, advance } = openClient();
    const refusal = { code: 'ERR_REQUEST_INVALID', message: 'Expected a glob.' };
    const refused = expect(client.streams('[')).rejects.toMatchObject(refusal);
    sockets[0]!.greets();
    sockets[0]!.says({ id: 1, type: 'error', ...refusal });
    await refused;
    const unanswered = expect(client.streams('**')).rejects.toThrow('Timeout');
    advance(10_000);
    await unanswered;
  });
});
