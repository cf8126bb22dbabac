import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { connectMqttSource } from '../../src/adapters/mqtt/mqtt-source.ts';
import type { Message } from '../../src/pipeline/ports.ts';
import { type BenchRow, benchRow } from './bench-row.ts';

const messages = 100_000;
const runs = 5;
const log = { info() {}, warn() {}, error() {} };

/** CPU time of our side for each message of an outside broker, acknowledged in batches. */
export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const qos of [0, 1] as const) {
    const micros: number[] = [];
    for (let index = 0; index < runs; index++) micros.push(await microsPerMessage(qos));
    rows.push(benchRow(`mqtt-source qos ${qos}`, 'µs CPU/message', micros));
  }
  return rows;
}

async function microsPerMessage(qos: 0 | 1): Promise<number> {
  const flood = fork(new URL('message-flood.ts', import.meta.url), [`${qos}`, `${messages}`], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const port = await portOf(flood);
  const source = connectMqttSource({
    url: `mqtt://127.0.0.1:${port}`,
    clientId: 'bench',
    version: 4,
    qos,
    keepaliveSeconds: 30,
    username: '',
    password: '',
    filters: ['plant/#'],
    ownPrefix: 'inkling/',
    tls: null,
    sessionFile: null,
    clock: systemClock,
    log,
    random: () => 0.5,
  });
  const before = process.cpuUsage();
  await new Promise<void>((resolve) => {
    let count = 0;
    let batch: Message[] = [];
    const acknowledge = () => {
      for (const message of batch) message.acknowledge();
      batch = [];
      if (count === messages) resolve();
    };
    source.messages$.subscribe((message) => {
      count++;
      if (batch.push(message) === 1) setImmediate(acknowledge);
    });
  });
  const used = process.cpuUsage(before);
  await source.close();
  flood.kill();
  await once(flood, 'exit');
  return (used.user + used.system) / messages;
}

async function portOf(child: ChildProcess): Promise<number> {
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return Number(line.toString());
}
