import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

/**
 * What runs Inkling for good: containers and the unit of systemd. No daemon is asked here; the files
 * are held to what docs/deployment.md promises of them.
 */
const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface ComposeService {
  image: string;
  build?: { context: string; dockerfile: string };
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt: string[];
  init?: boolean;
  command?: string[];
  environment: Record<string, string>;
  volumes: string[];
  tmpfs?: string[];
  ports: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck: { test: string[]; interval: string; timeout: string; retries: number };
  restart: string;
  stop_grace_period: string;
  pids_limit: number;
  logging: { options: Record<string, string> };
  deploy: { resources: { limits: { cpus: string; memory: string } } };
}

const composeText = read('docker-compose.yml');
const compose = parse(composeText, { merge: true }) as {
  services: Record<'mosquitto' | 'influxdb' | 'inkling', ComposeService>;
  volumes: Record<string, null>;
};
const { mosquitto, influxdb, inkling } = compose.services;
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  it('runs Mosquitto 2, InfluxDB 1.8 and Inkling', () => {
    expect(services.map(([name]) => name)).toEqual(['mosquitto', 'influxdb', 'inkling']);
    expect(mosquitto.image).toMatch(/^eclipse-mosquitto:2\./);
    expect(influxdb.image).toMatch(/^influxdb:1\.8/);
    expect(inkling.build).toEqual({ context: '.', dockerfile: 'config/Dockerfile' });
  });

  it.each(services)('publishes ports of %s on loopback only', (_, service) => {
    expect(service.ports).toHaveLength(1);
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it.each(services)('bounds %s, checks its health and restarts it', (_, service) => {
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck).toMatchObject({ interval: '10s', timeout: '5s', retries: 3 });
    expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThanOrEqual(15);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.deploy.resources.limits.memory).toMatch(/^\d+[MG]$/);
    expect(Number(service.deploy.resources.limits.cpus)).toBeGreaterThan(0);
    expect(service.logging.options).toEqual({ 'max-size': '10m', 'max-file': '3' });
    expect(service.security_opt).toContain('no-new-privileges:true');
  });

  it.each([
    ['mosquitto', mosquitto],
    ['inkling', inkling],
  ])('lets %s write to its volume and memory alone, as nobody special', (_, service) => {
    expect(service.read_only).toBe(true);
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.tmpfs!.every((mount) => /,size=\d+m$/.test(mount))).toBe(true);
    const [file, data] = service.volumes as [string, string];
    expect(file).toMatch(/:ro$/);
    expect(existsSync(join(root, file.split(':')[0]!))).toBe(true);
    expect(Object.keys(compose.volumes)).toContain(data.split(':')[0]);
  });

  it('starts Inkling once the others are healthy, and asks it at /readyz without curl', () => {
    expect(inkling.depends_on).toEqual({
      mosquitto: { condition: 'service_healthy' },
      influxdb: { condition: 'service_healthy' },
    });
    expect(inkling.healthcheck.test.slice(0, 3)).toEqual(['CMD', 'node', '-e']);
    expect(inkling.healthcheck.test[3]).toContain('http://127.0.0.1:8080/readyz');
  });

  it('has no secret of its own: each must be given', () => {
    const secrets = services.flatMap(([, { environment }]) =>
      Object.entries(environment).filter(([name]) => /PASSWORD|TOKEN/.test(name)),
    );
    expect(secrets).toHaveLength(6);
    for (const [, value] of secrets) expect(value).toMatch(/^\$\{[A-Z_]+:\?set it in \.env\}$/);
    const named = [...composeText.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name!);
    const shown = /for name in (.*); do/.exec(read('docs/deployment.md'))![1]!.split(' ');
    expect([...new Set(named)].sort()).toEqual(shown.sort());
  });

  it('gives Inkling every variable that its configuration must have', () => {
    const example = read('config/examples/container.yaml');
    const needed = [...example.matchAll(/\$\{([A-Z_]+)(?::\?[^}]*)?\}/g)].map(([, name]) => name);
    expect(needed).toEqual(['DASHBOARD_TOKEN']);
    expect(Object.keys(inkling.environment)).toEqual(expect.arrayContaining(needed));
    const known = [...example.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    expect(known).toEqual(expect.arrayContaining(Object.keys(inkling.environment)));
  });
});

describe('config/examples/mosquitto.conf', () => {
  const lines = read('config/examples/mosquitto.conf').split('\n');

  it.each([
    'persistence true',
    'autosave_interval 1',
    'max_queued_messages 0',
    'max_queued_bytes 1000000000',
    'max_inflight_messages 0',
    'allow_anonymous false',
  ])('says %s', (line) => expect(lines).toContain(line));

  it('reads the passwords that the container writes', () => {
    const file = lines.find((line) => line.startsWith('password_file '))!.split(' ')[1]!;
    expect(mosquitto.command!.at(-1)).toContain(`mosquitto_passwd -b -c ${file} `);
  });

  it('has a queue that fits into the memory of its container', () => {
    const queue = lines.find((line) => line.startsWith('max_queued_bytes '))!.split(' ')[1];
    const memory = /^(\d+)M$/.exec(mosquitto.deploy.resources.limits.memory)![1];
    expect(Number(queue)).toBeLessThan(Number(memory) * 1024 ** 2 * 0.75);
  });
});

describe('config/Dockerfile', () => {
  const dockerfile = read('config/Dockerfile');
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const removed = /&& rm -r (.+)$/m.exec(dockerfile)![1]!.split(' ');

  it('runs as nobody special, and checks its health as Compose does', () => {
    expect(dockerfile.match(/^FROM \S+/gm)).toEqual(
      new Array(3).fill('FROM node:20-bookworm-slim'),
    );
    expect(lastStage).toMatch(/^USER 1000:1000$/m);
    const check = JSON.parse(/^HEALTHCHECK .*? CMD (\[.*\])$/m.exec(lastStage)![1]!);
    expect(['CMD', ...check]).toEqual(inkling.healthcheck.test);
    expect(inkling.user).toBe('1000:1000');
  });

  it('copies files that exist and that reach the build', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)];
    const paths = copied.flatMap(([, names]) => names!.split(' '));
    expect(paths.length).toBeGreaterThan(5);
    for (const path of paths) {
      expect([path, existsSync(join(root, path)), reachesBuild(path)]).toEqual([path, true, true]);
    }
    expect(['.git', '.env', 'node_modules', 'data/lock/1'].filter(reachesBuild)).toEqual([]);
  });

  it('leaves out no file and no package that the service loads', () => {
    const { files, packages } = loadedFrom('src/main.ts');
    expect(files.size).toBeGreaterThan(100);
    expect(files).toContain('src/adapters/training-worker/worker.ts');
    for (const folder of removed) {
      expect([...files].filter((file) => file.startsWith(`${folder}/`))).toEqual([]);
    }
    const { dependencies } = JSON.parse(read('package.json'));
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining([...packages, 'tsx']));
  });

  it('leaves out what the page is built from, since its root is read-only', () => {
    expect(removed).toContain('src/dashboard');
    expect(lastStage).toMatch(/^COPY --from=page \/build\/dist dist$/m);
  });
});

describe('config/examples/inkling.service', () => {
  const unit = new Map<string, string>();
  for (const line of read('config/examples/inkling.service').split('\n')) {
    const pair = /^([A-Za-z]+)=(.*)$/.exec(line);
    if (pair !== null) unit.set(pair[1]!, pair[2]!);
  }

  it.each([
    ['ProtectSystem', 'strict'],
    ['DynamicUser', 'yes'],
    ['StateDirectory', 'inkling'],
    ['NoNewPrivileges', 'yes'],
    ['Restart', 'on-failure'],
    ['KillSignal', 'SIGTERM'],
    ['TimeoutStopSec', '10'],
    ['CapabilityBoundingSet', ''],
  ])('sets %s=%s', (key, value) => expect(unit.get(key)).toBe(value));

  it('keeps the data in the folder that systemd gives it', () => {
    expect(unit.get('ExecStart')).toMatch(
      / start --config \/etc\/inkling\/\S+ --data %S\/inkling$/,
    );
  });

  it('leaves memory writable and executable, which the engine of JavaScript needs', () => {
    expect(unit.has('MemoryDenyWriteExecute')).toBe(false);
  });
});

/** Whether .dockerignore lets a path pass: of its lines the last that matches decides. */
function reachesBuild(path: string): boolean {
  const levels = path.split('/');
  let passes = true;
  for (const line of read('.dockerignore').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const pattern = line.replace(/^!/, '').split('/');
    const matches = pattern.every((level, index) => level === '*' || level === levels[index]);
    if (matches && levels.length >= pattern.length) passes = line.startsWith('!');
  }
  return passes;
}

/** Files and packages loaded, now or later, by a file: type imports are erased and do not count. */
function loadedFrom(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  // A set walks on over what is added meanwhile.
  for (const file of files) {
    for (const name of namesLoadedBy(read(file))) {
      if (name.startsWith('.')) files.add(relative(root, join(root, dirname(file), name)));
      else if (!name.startsWith('node:')) packages.add(packageOf(name));
    }
  }
  return { files, packages };
}

function namesLoadedBy(text: string): string[] {
  const pattern =
    /^(?:import|export)\s+(?!type\b)[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)|new URL\('(\.[^']+\.m?[jt]s)', import/gm;
  return [...text.matchAll(pattern)].map((found) => found.slice(1).find(Boolean)!);
}

function packageOf(name: string): string {
  const parts = name.split('/');
  return parts.slice(0, name.startsWith('@') ? 2 : 1).join('/');
}
