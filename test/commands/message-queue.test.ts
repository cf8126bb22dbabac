import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageQueue } from '../../src/commands/message-queue.ts';

const message = (topic: string) => ({ topic, payload: '', retain: false });
const never = new AbortController().signal;

describe('MessageQueue', () => {
  it('gives what came in, in its order, like a plain array', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (commands) => {
        const queue = new MessageQueue(3);
        const model: string[] = [];
        commands.forEach((isPush, index) => {
          if (isPush) {
            queue.push(message(String(index)));
            model.push(String(index));
          } else {
            expect(queue.take()?.topic).toBe(model.shift());
          }
          expect(queue.count).toBe(model.length);
          expect(queue.full).toBe(model.length > 3);
        });
      }),
    );
  });

  it('lets the reader go on when half of it is taken', async () => {
    const queue = new MessageQueue(10);
    for (let index = 0; index < 11; index++) queue.push(message(String(index)));
    let isReady = false;
    const room = queue.room(never).then(() => {
      isReady = true;
    });
    for (let index = 0; index < 5; index++) queue.take();
    await Promise.resolve();
    expect(isReady).toBe(false);
    queue.take();
    await room;
    expect(queue.count).toBe(5);
  });

  it('does not hold a reader that is to stop, or has room already', async () => {
    const queue = new MessageQueue(0);
    await queue.room(never);
    queue.push(message('a'));
    await queue.room(AbortSignal.abort());
    const controller = new AbortController();
    const waiting = queue.room(controller.signal);
    controller.abort();
    await waiting;
    expect(queue.count).toBe(1);
  });
});
