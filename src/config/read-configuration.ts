import { checkReferences } from './check-references.ts';
import { checkTlsFiles, type FileReader } from './check-tls-files.ts';
import type { Configuration } from './configuration.ts';
import { findingsOfIssues } from './findings-of-issues.ts';
import type { Environment } from './interpolate-environment.ts';
import type { Finding, Problem, ValuePath } from './problem.ts';
import { resolveDefaults } from './resolve-defaults.ts';
import { configurationSchema } from './schema.ts';
import { readYamlText, type YamlText } from './yaml-text.ts';

/** Larger files are refused unread. */
export const configurationBytesMax = 1_000_000;

export interface ConfigurationText {
  /** As the user named it; problems begin with it. */
  readonly file: string;
  readonly text: string;
  readonly environment: Environment;
  /** Reads a file that the configuration names; left out: such files are not looked at. */
  readonly readFile?: FileReader;
}

export type ConfigurationReading =
  | { readonly configuration: Configuration; readonly problems: null }
  | { readonly configuration: null; readonly problems: readonly Problem[] };

/**
 * Reads a configuration file's text. Either the configuration is complete and right, or the answer
 * is every problem, in the order of the file. Never throws on any text.
 */
export function readConfiguration(source: ConfigurationText): ConfigurationReading {
  try {
    return read(source);
  } catch (error) {
    // The YAML reader gives up on texts made to exhaust it: aliases of aliases, lists nested
    // thousands deep.
    const message = error instanceof Error ? error.message : String(error);
    const got = error instanceof RangeError ? 'too many levels' : `a fault: ${message}`;
    const { file } = source;
    const place = { file, line: 1, column: 1, path: '' };
    const expected = 'YAML of moderate depth with few aliases';
    return { configuration: null, problems: [{ ...place, expected, got, hint: null }] };
  }
}

/** What runs when no file is given. */
export function defaultConfiguration(): Configuration {
  return resolveDefaults(configurationSchema.parse({}), { configurationFile: false });
}

function read({ file, text, environment, readFile }: ConfigurationText): ConfigurationReading {
  const bytes = Buffer.byteLength(text);
  if (bytes > configurationBytesMax) {
    const expected = `at most ${configurationBytesMax} bytes`;
    const place = { file, line: 1, column: 1, path: '' };
    return { configuration: null, problems: [{ ...place, expected, got: `${bytes}`, hint: null }] };
  }
  const yaml = readYamlText(file, text, environment);
  if (!yaml.usable) return { configuration: null, problems: inOrder(yaml.problems) };
  const value = withoutNulls(yaml.value, 0) ?? {};
  const parsed = parse(value, yaml);
  const findings = [
    ...(parsed.success ? [] : findingsOfIssues(parsed.error.issues, value)),
    ...checkReferences(value),
    ...checkTlsFiles(value, readFile),
  ];
  const problems = [...yaml.problems, ...locateOnce(findings, yaml)];
  if (!parsed.success || problems.length > 0) {
    return { configuration: null, problems: inOrder(problems) };
  }
  return {
    configuration: resolveDefaults(parsed.data, { configurationFile: true }),
    problems: null,
  };
}

/** Parses; where only the quotes around a reference are in the way, once more without them. */
function parse(value: unknown, yaml: YamlText) {
  const parsed = configurationSchema.safeParse(value);
  if (parsed.success || yaml.retypable.length === 0) return parsed;
  const refused = new Set(parsed.error.issues.map((issue) => JSON.stringify(issue.path)));
  const retyped = yaml.retypable.filter(({ path }) => refused.has(JSON.stringify(path)));
  for (const { path, value: better } of retyped) setAt(value, path, better);
  return retyped.length === 0 ? parsed : configurationSchema.safeParse(value);
}

function setAt(root: unknown, path: ValuePath, value: unknown): void {
  let holder = root as Record<string | number, unknown>;
  for (const segment of path.slice(0, -1)) {
    holder = holder[segment] as Record<string | number, unknown>;
  }
  holder[path.at(-1)!] = value;
}

/** Two bounds of one value may both be broken, with the same words. */
function locateOnce(findings: readonly Finding[], yaml: YamlText): Problem[] {
  const seen = new Set<string>();
  return findings.flatMap((finding) => {
    const identity = JSON.stringify([finding.path, finding.expected]);
    if (seen.has(identity)) return [];
    seen.add(identity);
    return [yaml.locate(finding)];
  });
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Mappings in which the user picks the keys: there an empty entry means one with all defaults. */
const openMappings = new Set(['models', 'receivers']);

/** A key with nothing behind it counts as left out, as when all lines below it are comments. */
function withoutNulls(value: unknown, depth: number, key?: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => withoutNulls(entry, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const open = depth === 1 && openMappings.has(key ?? '');
  const kept = Object.entries(value)
    .filter(([, entry]) => entry !== null || open)
    .map(([name, entry]) => [name, withoutNulls(entry ?? {}, depth + 1, name)]);
  return Object.fromEntries(kept);
}
