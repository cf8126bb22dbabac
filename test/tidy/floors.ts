/**
 * Which folder of src/ may import what: the house as tables. Imports only go down.
 * A room of adapters (`adapters/mqtt`) sees itself, the ports, and what lies below them.
 */

/**
 * The ports, the decisions that the two front doors, HTTP and WebSocket, have in common, and the
 * pause before trying again, which is the same for every server.
 */
const pipelineForAdapters = [
  'ports',
  'access',
  'origin',
  'glob-problem',
  'list-streams',
  'back-off',
].map((name) => `src/pipeline/${name}.ts`);

const belowThePipeline = ['engine', 'decoding', 'stream', 'simulator', 'numerics', 'protocol'];

/** Folders whose files a folder may import, itself apart. */
const relative: Readonly<Record<string, readonly string[]>> = {
  numerics: [],
  protocol: [],
  stream: ['numerics'],
  decoding: ['stream', 'protocol'],
  simulator: ['numerics'],
  engine: ['stream', 'numerics', 'protocol'],
  evaluation: belowThePipeline,
  pipeline: belowThePipeline,
  adapters: ['pipeline', ...belowThePipeline],
  config: belowThePipeline,
  client: ['protocol'],
  dashboard: ['client', 'protocol'],
  commands: ['adapters', 'config', 'evaluation', 'pipeline', ...belowThePipeline],
  'main.ts': ['commands', 'adapters', 'config', 'evaluation', 'pipeline', ...belowThePipeline],
};

/** Packages a folder may import; `node:` stands for all of Node's own. */
const packages: Readonly<Record<string, readonly string[] | 'any'>> = {
  numerics: [],
  protocol: ['zod'],
  stream: ['picomatch'],
  decoding: [],
  simulator: [],
  engine: [],
  evaluation: ['node:'],
  pipeline: ['rxjs'],
  adapters: 'any',
  config: ['zod', 'yaml', 'fastest-levenshtein', 'node:'],
  client: ['rxjs'],
  dashboard: ['rxjs', 'uplot'],
  commands: 'any',
  'main.ts': 'any',
};

/** Folders that may take only types from another: what they import is gone when they run. */
const typesOnly: Readonly<Record<string, readonly string[]>> = {
  client: ['protocol'],
  dashboard: ['protocol'],
};

/** `source` and `target` are paths from the root; null: allowed, else a sentence. */
export function objectionToImport(
  source: string,
  target: string,
  isTypeOnly: boolean,
): string | null {
  const from = folderOf(source);
  const to = folderOf(target);
  if (!(from in relative)) return `src/${from} is on no floor; give it one in test/tidy/floors.ts`;
  if (from === 'adapters') return objectionOfAdapter(source, target, to);
  if (typesOnly[from]?.includes(to) && !isTypeOnly) return `${from} may take only types of ${to}`;
  if (from === to || relative[from]!.includes(to)) return null;
  return `${from} must not know ${to}`;
}

function objectionOfAdapter(source: string, target: string, to: string): string | null {
  if (to === 'adapters') {
    const [room, other] = [source.split('/')[2], target.split('/')[2]];
    return room === other ? null : `adapters/${room} must not know adapters/${other}`;
  }
  if (to === 'pipeline' && !pipelineForAdapters.includes(target)) {
    return 'adapters must not know the flow, only its ports';
  }
  return relative['adapters']!.includes(to) ? null : `adapters must not know ${to}`;
}

/** `name` as written in the import; null: allowed, else a sentence. */
export function objectionToPackage(source: string, name: string): string | null {
  const from = folderOf(source);
  const allowed = packages[from] ?? [];
  if (allowed === 'any') return null;
  const parts = name.split('/');
  const base = name.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
  if (allowed.includes(base.startsWith('node:') ? 'node:' : base)) return null;
  return `${from} must not know the package ${base}`;
}

function folderOf(path: string): string {
  return path.split('/')[1]!;
}
