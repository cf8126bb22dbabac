import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
} from 'yaml';
import { type Environment, interpolateEnvironment } from './interpolate-environment.ts';
import { type Finding, formatPath, type Problem, quote, type ValuePath } from './problem.ts';
import { excessiveNesting } from './yaml-nesting.ts';

/**
 * Stands for a value whose environment variable is missing: told once, not again as a wrong value.
 */
export const unresolved = Symbol('unresolved');

/** A YAML file, read: its value, and where in the file each part of it stands. */
export interface YamlText {
  /** Plain data; null when the file is empty. */
  readonly value: unknown;
  /** What was wrong with the text itself, and with references to the environment. */
  readonly problems: Problem[];
  /** True when the value is worth checking further in spite of `problems`. */
  readonly usable: boolean;
  /**
   * Quoted texts that had references to the environment and read like a number, true or false. They
   * are text unless the schema asks for the other: `{ … }` leaves no way to write them unquoted.
   */
  readonly retypable: readonly { path: ValuePath; value: number | boolean }[];
  readonly locate: (finding: Finding) => Problem;
}

/**
 * Reads YAML 1.2 with anchors and merge keys. Whatever the text, the answer is a value and
 * problems.
 */
export function readYamlText(file: string, text: string, environment: Environment): YamlText {
  const lines = new LineCounter();
  const tooDeep = excessiveNesting(text);
  if (tooDeep !== null) return refused(file, text, tooDeep);
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    merge: true,
    logLevel: 'error',
  });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => ({
    file,
    ...place(error.pos[0]),
    path: '',
    ...(error.code === 'DUPLICATE_KEY'
      ? { expected: 'each key once in a mapping', got: quote(wordAt(text, error.pos[0])) }
      : { expected: 'valid YAML', got: `a fault: ${sentence(error.message)}` }),
    hint: error.code === 'DUPLICATE_KEY' ? 'it is there already' : null,
  }));
  const usable = document.errors.every((error) => error.code === 'DUPLICATE_KEY');
  const locate = (finding: Finding): Problem => ({
    file,
    ...place(offsetOf(document, finding)),
    path: formatPath(finding.path),
    expected: finding.expected,
    got: finding.got,
    hint: finding.hint,
  });
  if (!usable) return { value: null, problems, usable, retypable: [], locate };
  const retypable: { path: ValuePath; value: number | boolean }[] = [];
  const findings = [
    ...resolveAliases(document),
    ...interpolateScalars(document, environment, retypable),
  ];
  problems.push(...findings.map(locate));
  return { value: document.toJS({ maxAliasCount: 100 }), problems, usable, retypable, locate };
}

function refused(file: string, text: string, offset: number): YamlText {
  const before = text.slice(0, offset).split('\n');
  const place = { file, line: before.length, column: before.at(-1)!.length + 1, path: '' };
  const expected = 'at most 64 levels of nesting';
  const problem: Problem = { ...place, expected, got: 'more', hint: null };
  return { value: null, problems: [problem], usable: false, retypable: [], locate: () => problem };
}

function resolveAliases(document: Document): Finding[] {
  const findings: Finding[] = [];
  visit(document, {
    Alias(key, alias, ancestors) {
      if (alias.resolve(document) !== undefined) return undefined;
      const path = pathTo([...ancestors, alias], key);
      const expected = 'an anchor that stands before its use';
      const got = quote(`*${alias.source}`);
      findings.push({ path, at: 'value', expected, got, hint: null });
      const parent = ancestors.at(-1);
      if (isPair(parent) && keyText(parent) === '<<') return new YAMLMap();
      const substitute = new Scalar(unresolved);
      substitute.range = alias.range ?? null;
      return substitute;
    },
  });
  return findings;
}

function interpolateScalars(
  document: Document,
  environment: Environment,
  retypable: { path: ValuePath; value: number | boolean }[],
): Finding[] {
  const findings: Finding[] = [];
  visit(document, {
    Scalar(key, scalar, ancestors) {
      if (key === 'key' || typeof scalar.value !== 'string') return;
      if (!scalar.value.includes('${')) return;
      const result = interpolateEnvironment(scalar.value, environment);
      if (result.ok) {
        const value = typed(result.text, document);
        scalar.value = scalar.type === 'PLAIN' ? value : result.text;
        if (scalar.type !== 'PLAIN' && (typeof value === 'number' || typeof value === 'boolean')) {
          retypable.push({ path: pathTo([...ancestors, scalar], key), value });
        }
        return;
      }
      scalar.value = unresolved;
      const { expected, got, hint } = result;
      findings.push({
        path: pathTo([...ancestors, scalar], key),
        at: 'value',
        expected,
        got,
        hint,
      });
    },
  });
  return findings;
}

/** The value of an unquoted scalar by the rules of YAML's core schema. */
function typed(text: string, document: Document): unknown {
  for (const tag of document.schema.tags) {
    if (tag.default !== true || tag.collection !== undefined) continue;
    if (tag.test?.test(text) !== true) continue;
    const value = tag.resolve(text, () => {}, document.options);
    return isScalar(value) ? value.value : value;
  }
  return text;
}

/** Keys and positions on the way from the document to its last node. */
function pathTo(nodes: readonly unknown[], lastKey: unknown): ValuePath {
  const path: (string | number)[] = [];
  for (const [index, node] of nodes.entries()) {
    const parent = nodes[index - 1];
    if (isSeq(parent)) {
      const position = index === nodes.length - 1 ? lastKey : parent.items.indexOf(node);
      path.push(Number(position));
    } else if (isMap(parent)) {
      path.push(keyText(node as Pair));
    }
  }
  return path;
}

/** Where a finding is told: at a wrong key, at a wrong value, or at the nearest thing around it. */
function offsetOf(document: Document, finding: Finding): number {
  let node = follow(document.contents, document);
  let offset = startOf(node) ?? 0;
  for (const [index, segment] of finding.path.entries()) {
    const last = index === finding.path.length - 1;
    const child = childOf(node, segment, document);
    if (child === null) return offset;
    node = follow(child.value, document);
    // A mapping or list is known by its key; a single value may stand on a line of its own.
    const single = last && finding.at === 'value' && isScalar(node) && node.value !== null;
    const preferred = single ? node : (child.key ?? node);
    offset = startOf(preferred) ?? startOf(node) ?? offset;
  }
  return offset;
}

function childOf(
  node: unknown,
  segment: string | number,
  document: Document,
): { key: unknown; value: unknown } | null {
  if (isSeq(node)) {
    const value = node.items[Number(segment)];
    return value === undefined ? null : { key: null, value };
  }
  if (!isMap(node)) return null;
  const own = node.items.findLast((pair) => keyText(pair) === String(segment));
  if (own !== undefined) return own;
  const merged = node.items.filter((pair) => keyText(pair) === '<<');
  for (const pair of merged) {
    const from = follow(pair.value, document);
    const found = childOf(from, segment, document);
    if (found !== null) return found;
  }
  return null;
}

function follow(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? keySource(pair.key) : String(pair.key);
}

function keySource(key: Scalar): string {
  return typeof key.value === 'symbol' ? '<<' : String(key.value);
}

function startOf(node: unknown): number | null {
  return isNode(node) ? ((node as Node).range?.[0] ?? null) : null;
}

function wordAt(text: string, offset: number): string {
  return /^["']?[^\s:"',}\]]*/.exec(text.slice(offset, offset + 80))![0].replace(/^["']/, '');
}

function sentence(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim().slice(0, 200);
  return line.charAt(0).toLowerCase() + line.slice(1);
}
