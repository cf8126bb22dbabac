/**
 * The other side of the pipeline bench, in a process of its own: a broker that answers CONNECT and
 * SUBSCRIBE and then publishes readings at QoS 0, `{"v":…,"t":…}` on `bench/<n>`.
 *
 *   reading-publisher.ts STREAMS                   as fast as they are read, time in steps of a minute
 *   reading-publisher.ts STREAMS RATE SECONDS      open loop: at scheduled times, late or not; `t` is
 *                                                  the scheduled time, so that lateness shows as latency
 * Prints its port, and at the end of the open loop how many readings it sent.
 */
import { createServer, type Socket } from 'node:net';
import { generate, parser } from 'mqtt-packet';

const streams = Number(process.argv[2]);
const rate = Number(process.argv[3] ?? 0);
const seconds = Number(process.argv[4] ?? 0);
const START = Date.now() - 25 * 86_400_000;

const server = createServer((socket) => {
  const parse = parser();
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (chunk) => parse.parse(chunk));
  parse.on('packet', (packet) => {
    if (packet.cmd === 'connect') {
      socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
    } else if (packet.cmd === 'pingreq') {
      socket.write(generate({ cmd: 'pingresp' }));
    } else if (packet.cmd === 'publish' && packet.qos === 1) {
      // What the service publishes comes on a connection of its own.
      socket.write(generate({ cmd: 'puback', messageId: packet.messageId! }));
    } else if (packet.cmd === 'subscribe') {
      const { messageId, subscriptions } = packet;
      process.once('message', () => (rate === 0 ? saturate(socket) : openLoop(socket)));
      socket.write(
        generate({ cmd: 'suback', messageId: messageId!, granted: subscriptions.map(() => 0) }),
      );
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as { port: number }).port}\n`);
});
process.on('disconnect', () => process.exit(0));

function publication(stream: number, time: number, step: number): Buffer {
  const value = (20 + 5 * Math.sin(step / 30 + stream) + Math.sin(step * stream)).toFixed(3);
  return generate({
    cmd: 'publish',
    topic: `bench/${stream}`,
    payload: Buffer.from(`{"v":${value},"t":${time}}`),
    qos: 0,
    dup: false,
    retain: false,
  });
}

function saturate(socket: Socket): void {
  let step = 0;
  const more = (): void => {
    for (;;) {
      step++;
      const round = Array.from({ length: streams }, (_, stream) =>
        publication(stream, START + step * 60_000, step),
      );
      if (!socket.write(Buffer.concat(round))) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

function openLoop(socket: Socket): void {
  const begin = Date.now() + 100;
  const total = rate * seconds;
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((Date.now() - begin) * rate) / 1_000));
    const packets: Buffer[] = [];
    for (; sent < due; sent++) {
      const scheduled = Math.round(begin + (sent * 1_000) / rate);
      packets.push(publication(sent % streams, scheduled, Math.floor(sent / streams)));
    }
    if (packets.length > 0) socket.write(Buffer.concat(packets));
    if (sent === total) {
      clearInterval(timer);
      process.send?.({ sent });
    }
  }, 1);
}
