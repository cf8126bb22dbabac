/**
 * A fleet behind one connection, in a process of its own: publishes readings `{"v":…,"t":…}` at QoS 0
 * on `bench/<n>` to a broker, at scheduled times whether the broker keeps up or not. `v` is the
 * reading's number within its stream, so that a receiver can tell which ones are missing.
 *
 *   mosquitto-publisher.ts PORT STREAMS RATE SECONDS        tells { sent } at the end
 */
import { connect } from 'node:net';
import { generate, parser } from 'mqtt-packet';

const [port, streams, rate, seconds] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
];
const socket = connect(port, '127.0.0.1');
const parse = parser();
socket.on('data', (chunk) => parse.parse(chunk));
socket.write(
  generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: 'bench-fleet',
    keepalive: 0,
  }),
);
parse.once('packet', () => {
  process.on('message', publish);
  process.send?.('connected');
});
process.on('disconnect', () => process.exit(0));

function publish(): void {
  const begin = Date.now();
  const total = rate * seconds;
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((Date.now() - begin) * rate) / 1_000));
    const packets: Buffer[] = [];
    for (; sent < due; sent++) {
      const number = Math.floor(sent / streams);
      const time = begin + Math.round((number * streams * 1_000) / rate);
      packets.push(
        generate({
          cmd: 'publish',
          topic: `bench/${sent % streams}`,
          payload: Buffer.from(`{"v":${number},"t":${time}}`),
          qos: 0,
          dup: false,
          retain: false,
        }),
      );
    }
    if (packets.length > 0) socket.write(Buffer.concat(packets));
    if (sent === total) {
      clearInterval(timer);
      process.send?.({ sent });
    }
  }, 5);
}
