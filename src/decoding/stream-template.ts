import { InklingError } from '../protocol/errors.ts';
import { boundedId, encodeLevel, encodePath } from './stream-id.ts';
import type { Labels } from './topic-template.ts';

/**
 * A source's `stream`: how the id of a stream is put together.
 *
 *     {topic}/{key}            the topic, then the key within the payload
 *     {site}/{device}/{key}    values of the topic's named wildcards (or tags of line protocol)
 *
 * A level that is one placeholder and nothing else vanishes with its slash when the placeholder is
 * empty: a payload that is the reading itself has the empty key, so `{topic}/{key}` is the topic.
 * Text around the placeholders is encoded as in any stream id; keys come encoded.
 */
export interface StreamTemplate {
  /** Names the topics do not give, in order: tags, which only line protocol has. */
  readonly tagNames: readonly string[];
  /** Without `{key}` only one key of a message can be told apart. */
  readonly hasKey: boolean;
  /** Everything but the key put in; the encoded key then gives the id, or null (`ERR_STREAM_ID`). */
  at(topic: string, labels: Labels): (key: string) => string | null;
}

export interface TemplateNames {
  /** Wildcards that every topic of the source names. */
  readonly wildcards: readonly string[];
  /** Whether other names may be tags of line protocol; otherwise they are mistakes. */
  readonly tagsAllowed: boolean;
}

/** One level: texts and placeholders in turn, starting and ending with a text. */
type Level = readonly string[];

/** Stands where the key goes while a message is rendered; no encoded text can hold it. */
const KEY_MARK = '\0';
const PLACEHOLDER = /\{([^{}]*)\}/;

/** Compiles a `stream` template; throws `ERR_CONFIG_INVALID` when it is none. */
export function compileStreamTemplate(text: string, names: TemplateNames): StreamTemplate {
  const levels = text.split('/').map((level) => level.split(PLACEHOLDER));
  const placeholders = levels.flatMap((level) => level.filter((_, index) => index % 2 === 1));
  checkTemplate(text, levels, placeholders, names);
  const tagNames = placeholders.filter((name) => !isKnown(name, names));
  const hasKey = placeholders.includes('key');
  const encoded = levels.map((level) =>
    level.map((part, index) => (index % 2 === 1 ? part : encodePath(part))),
  );
  // Nothing composes with a slash: only parts within one level can under NFC.
  const mayCompose = !levels.every((level) => level.length === 1 || isLone(level));
  return {
    tagNames,
    hasKey,
    at: text === '{topic}/{key}' ? atTopicAndKey : atLevels,
  };

  function atLevels(topic: string, labels: Labels): (key: string) => string | null {
    const rendered = renderLevels(encoded, topic, labels, tagNames);
    const finish = (id: string) => boundedId(mayCompose ? id.normalize('NFC') : id);
    const [before, after] = rendered.join('/').split(KEY_MARK);
    const bare = finish(withoutKey(rendered));
    return (key) => (key === '' || !hasKey ? bare : finish(before + key + after));
  }
}

function withoutKey(rendered: readonly string[]): string {
  return rendered
    .filter((level) => level !== KEY_MARK)
    .join('/')
    .replace(KEY_MARK, '');
}

/** What the general way does, for the one template nearly every source has. */
function atTopicAndKey(topic: string): (key: string) => string | null {
  const path = encodePath(topic);
  return (key) => boundedId(key === '' ? path : `${path}/${key}`);
}

function renderLevels(
  levels: readonly Level[],
  topic: string,
  labels: Labels,
  tagNames: readonly string[],
): string[] {
  const rendered: string[] = [];
  for (const level of levels) {
    let text = level[0]!;
    for (let index = 1; index < level.length; index += 2) {
      text += placeholderText(level[index]!, topic, labels, tagNames) + level[index + 1]!;
    }
    if (text !== '' || !isLone(level)) rendered.push(text);
  }
  return rendered;
}

function placeholderText(
  name: string,
  topic: string,
  labels: Labels,
  tagNames: readonly string[],
): string {
  if (name === 'key') return KEY_MARK;
  if (name === 'topic') return encodePath(topic);
  const value = Object.hasOwn(labels, name) ? labels[name]! : '';
  return tagNames.includes(name) ? encodeLevel(value) : encodePath(value);
}

function isLone(level: Level): boolean {
  return level.length === 3 && level[0] === '' && level[2] === '';
}

function isKnown(name: string, names: TemplateNames): boolean {
  return name === 'topic' || name === 'key' || names.wildcards.includes(name);
}

function checkTemplate(
  text: string,
  levels: readonly Level[],
  placeholders: readonly string[],
  names: TemplateNames,
): void {
  if (placeholders.length === 0) throw invalid(text, 'every reading would be the same stream');
  if (placeholders.filter((name) => name === 'key').length > 1) {
    throw invalid(text, '{key} may stand once');
  }
  if (levels.some((level) => level.some((part, index) => index % 2 === 0 && /[{}]/.test(part)))) {
    throw invalid(text, 'a brace has no partner in its level');
  }
  const unknown = placeholders.find((name) => name === '' || !isKnown(name, names));
  if (unknown === '' || (unknown !== undefined && !names.tagsAllowed)) {
    const known = ['topic', 'key', ...names.wildcards].map((name) => `{${name}}`).join(', ');
    throw invalid(text, `{${unknown}} is not named by all of its topics; known are ${known}`);
  }
}

function invalid(text: string, reason: string): InklingError {
  return new InklingError(
    'ERR_CONFIG_INVALID',
    `expected a stream template such as "{topic}/{key}", got "${text}": ${reason}`,
  );
}
