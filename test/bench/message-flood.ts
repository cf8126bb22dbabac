/**
 * The other side of the bench of the MQTT source, in a process of its own: a broker that answers
 * CONNECT and SUBSCRIBE, then sends as many messages as it was told to, as fast as they are read.
 * Arguments: QoS, number of messages. Prints its port.
 */
import { createServer, type Socket } from 'node:net';
import { generate, parser } from 'mqtt-packet';

const qos = process.argv[2] === '1' ? 1 : 0;
const total = Number(process.argv[3]);
const messagesPerWrite = 500;
const payload = Buffer.from('{"v":21.5,"t":1795385096123}');

const server = createServer((socket) => {
  const parse = parser();
  socket.on('error', () => {});
  socket.on('data', (chunk) => parse.parse(chunk));
  parse.on('packet', (packet) => {
    if (packet.cmd === 'connect') {
      socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
    } else if (packet.cmd === 'subscribe') {
      const messageId = packet.messageId!;
      socket.write(generate({ cmd: 'suback', messageId, granted: [qos] }));
      flood(socket);
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as { port: number }).port}\n`);
});
process.on('disconnect', () => process.exit(0));

function flood(socket: Socket): void {
  let sent = 0;
  const more = () => {
    while (sent < total) {
      const count = Math.min(messagesPerWrite, total - sent);
      const packets = Array.from({ length: count }, (_, index) => message(sent + index));
      sent += count;
      if (!socket.write(Buffer.concat(packets))) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

function message(index: number): Buffer {
  const topic = `plant/site${index % 50}/device${index % 1000}`;
  const messageId = (index % 65_535) + 1;
  const identified = qos === 1 ? { messageId } : {};
  return generate({
    cmd: 'publish',
    topic,
    payload,
    qos,
    dup: false,
    retain: false,
    ...identified,
  });
}
