import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import {
  type ClientMessage,
  type ClientMessageType,
  clientMessageSchemas,
  type RequestId,
} from '../../protocol/client-messages.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { messageBounds } from '../../protocol/limits.ts';

/** A message that is JSON but none of ours: answered with `error`, the connection stays. */
interface MessageProblem {
  readonly id: RequestId | null;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

export type ParsedMessage =
  | { readonly kind: 'message'; readonly message: ClientMessage }
  | { readonly kind: 'problem'; readonly problem: MessageProblem }
  | { readonly kind: 'not-json' };

/** Characters of a received value that an error repeats. */
const QUOTE_LENGTH = 60;
const types = Object.keys(clientMessageSchemas);

/** Reads one inbound text frame. Never throws. */
export function parseMessage(text: string): ParsedMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'not-json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return problem(null, `Expected an object with a type, got ${quote(value)}.`);
  }
  const raw = value as Readonly<Record<string, unknown>>;
  const id = requestIdOf(raw);
  const type = raw['type'];
  if (typeof type !== 'string' || !Object.hasOwn(clientMessageSchemas, type)) {
    const message = `Expected type to be one of ${types.join(', ')}, got ${quote(type)}.`;
    return problem(id, message, typeof type === 'string' ? guess(type, types) : null);
  }
  const schema = clientMessageSchemas[type as ClientMessageType];
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { kind: 'message', message: parsed.data };
  return explain(id, raw, Object.keys(schema.shape), parsed.error.issues[0]!);
}

function explain(
  id: RequestId | null,
  raw: object,
  keys: readonly string[],
  issue: z.core.$ZodIssue,
): ParsedMessage {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = issue.path.length === 0 ? keys : ['epoch', 'offset'];
    const where = [...issue.path, key].join('.');
    return problem(
      id,
      `Expected only the keys ${known.join(', ')}, got ${quote(where)}.`,
      guess(key, known),
    );
  }
  const came = valueAt(raw, issue.path);
  const hint =
    issue.code === 'invalid_value' && typeof came === 'string'
      ? guess(came, issue.values.map(String))
      : null;
  const path = issue.path.join('.');
  return problem(id, `Expected ${path} to be ${expected(issue)}, got ${quote(came)}.`, hint);
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `of type ${issue.expected}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${sized(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${sized(issue.maximum, issue.origin)}`;
    case 'invalid_union':
      return 'a whole number or a short text';
    default:
      return 'valid';
  }
}

function sized(bound: number | bigint, origin: string): string {
  if (origin === 'string') return `${bound} characters long`;
  return origin === 'array' ? `${bound} long` : String(bound);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

function problem(id: RequestId | null, message: string, hint: string | null = null): ParsedMessage {
  return { kind: 'problem', problem: { id, code: 'ERR_REQUEST_INVALID', message, hint } };
}

function requestIdOf(raw: Readonly<Record<string, unknown>>): RequestId | null {
  const id = raw['id'];
  if (typeof id === 'number' && Number.isInteger(id)) return id;
  return typeof id === 'string' && id.length <= messageBounds.idLength ? id : null;
}

function guess(came: string, known: readonly string[]): string | null {
  if (came.length === 0 || came.length > QUOTE_LENGTH) return null;
  const best = closest(came.toLowerCase(), [...known]);
  // Further off than that it would be a guess at random.
  const near = distance(came.toLowerCase(), best) <= Math.max(2, Math.floor(best.length / 3));
  return near ? `did you mean "${best}"?` : null;
}

function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > QUOTE_LENGTH ? `${text.slice(0, QUOTE_LENGTH)}…` : text;
}
