import { type ErrorCode, InklingError } from '../protocol/errors.ts';
import { compileGlobs, type GlobMatcher } from '../stream/glob.ts';
import type { Reading } from '../stream/reading.ts';
import { type Fault, type Harvest, NO_READING, NOT_READABLE, refuse } from './harvest.ts';
import { readJson, readJsonText } from './json-payload.ts';
import { BAD_LINE, readLineProtocol } from './line-protocol.ts';
import { payloadSample, payloadText } from './payload-text.ts';
import { compileTimeReader, type TimeReader } from './reading-time.ts';
import { readWord } from './scalar.ts';
import { compileStreamTemplate, type StreamTemplate } from './stream-template.ts';
import { type Naming, nameTopic, rememberTopics } from './topic-naming.ts';
import { compileTopic, type Labels } from './topic-template.ts';

/**
 * One message and the configured sources → readings and rejections.
 *
 *     topic ─▶ first source that takes it ─▶ labels ─────────────┐
 *     bytes ─▶ text ─▶ leaves (key, value, time) and faults ─────┴▶ stream ids ─▶ include ─▶ readings
 *
 * Nothing a device sends makes it throw. A payload that cannot be read is one rejection; in lists
 * and in line protocol each element or line that cannot be read is one, and the others count.
 * A message that no source takes, and streams that `include` leaves out, give neither.
 */
export interface SourceOptions {
  /** MQTT filters with named wildcards; the first that matches gives the labels. */
  readonly topics: readonly string[];
  /**
   * `auto`: a number, JSON, or line protocol when it is some. `line-protocol`: numbers and JSON
   * still count, anything else is read line by line. `json` and `number` take no line protocol,
   * `number` no objects either.
   */
  readonly decode: 'auto' | 'json' | 'number' | 'line-protocol';
  /** Template of the stream id. */
  readonly stream: string;
  /** Globs over stream ids. */
  readonly include: readonly string[];
  /** IANA zone of times that carry no offset. */
  readonly timezone: string;
}

/** A compiled source; made by `compileSource`, taken by `decodeMessage`. */
export interface Source {
  /** What to subscribe with. */
  readonly filters: readonly string[];
  /** What a topic gives to its readings; null when the source does not take it. */
  readonly nameTopic: (topic: string) => Naming | null;
  readonly decode: SourceOptions['decode'];
  readonly template: StreamTemplate;
  readonly isIncluded: GlobMatcher;
  readonly readTime: TimeReader;
}

export interface IncomingMessage {
  readonly topic: string;
  /** Only read, and not kept. */
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

export interface Decoded {
  readonly readings: Reading[];
  readonly rejections: Rejection[];
}

/** Something that could not be taken as a reading. */
export interface Rejection {
  readonly code: ErrorCode;
  /** The first 256 characters of the topic. */
  readonly topic: string;
  /** The first 80 bytes of the payload as printable text. */
  readonly sample: string;
  /** What was expected and what came, one sentence. */
  readonly message: string;
}

const PAYLOAD_BYTES_MAX = 65_536;
const REJECTION_TOPIC_LENGTH_MAX = 256;

const BAD_STREAM_ID: Fault = {
  code: 'ERR_STREAM_ID',
  message: 'expected a stream id of 1 to 1024 characters from the topic and the key',
};
const AMBIGUOUS_STREAM: Fault = {
  code: 'ERR_STREAM_ID',
  message: 'expected one value, since the stream template names no {key}, got several keys',
};

/** Compiles one entry of `sources`; throws `ERR_CONFIG_INVALID` with what is wrong with it. */
export function compileSource(options: SourceOptions): Source {
  const topics = options.topics.map(compileTopic);
  if (topics.length === 0) {
    throw new InklingError('ERR_CONFIG_INVALID', 'expected at least one topic, got an empty list');
  }
  if (options.include.includes('')) {
    throw new InklingError('ERR_CONFIG_INVALID', 'expected a glob over stream ids, got ""');
  }
  const wildcards = topics[0]!.names.filter((name) =>
    topics.every((topic) => topic.names.includes(name)),
  );
  const tagsAllowed = options.decode === 'line-protocol';
  const template = compileStreamTemplate(options.stream, { wildcards, tagsAllowed });
  return {
    filters: topics.map((topic) => topic.filter),
    nameTopic: rememberTopics((topic) => nameTopic(topics, template, topic)),
    decode: options.decode,
    template,
    isIncluded: compileGlobs(options.include),
    readTime: compileTimeReader(options.timezone),
  };
}

/** Decodes one message by the first source whose topics match. Never throws. */
export function decodeMessage(
  sources: readonly Source[],
  message: IncomingMessage,
  payloadBytesMax: number = PAYLOAD_BYTES_MAX,
): Decoded {
  for (const source of sources) {
    const naming = source.nameTopic(message.topic);
    if (naming === null) continue;
    const harvest = readPayload(source, message.payload, payloadBytesMax);
    return nameStreams(source, message, naming, harvest);
  }
  return { readings: [], rejections: [] };
}

function readPayload(source: Source, payload: Uint8Array, payloadBytesMax: number): Harvest {
  if (payload.length > payloadBytesMax) {
    const message = `expected at most ${payloadBytesMax} bytes, got ${payload.length}`;
    return refuse({ code: 'ERR_PAYLOAD_TOO_BIG', message });
  }
  const text = payloadText(payload);
  if (text === null) {
    return refuse({ code: 'ERR_PAYLOAD_NOT_TEXT', message: 'expected UTF-8, got other bytes' });
  }
  const start = text.search(/\S/);
  if (start === -1) {
    return refuse({ code: 'ERR_PAYLOAD_EMPTY', message: 'expected a reading, got nothing' });
  }
  return readText(source, text, text.charAt(start));
}

/** `first` is the text's first character that is no white space. */
function readText(source: Source, text: string, first: string): Harvest {
  const isStructure = first === '{' || first === '[';
  if (isStructure && source.decode === 'number') return refuse(NO_READING);
  if (isStructure || first === '"') {
    const harvest = readJsonText(text, source.readTime);
    if (harvest !== undefined) return harvest;
  } else {
    const value = readWord(text);
    if (value !== undefined) return readJson(value, source.readTime);
  }
  return readLines(source, text);
}

function readLines(source: Source, text: string): Harvest {
  const { tagNames } = source.template;
  if (source.decode === 'line-protocol') return readLineProtocol(text, { tagNames });
  // Every line of the protocol has a field; the cheap test keeps prose and broken JSON out.
  if (source.decode !== 'auto' || !text.includes('=')) return refuse(NOT_READABLE);
  const harvest = readLineProtocol(text, { tagNames });
  const isLines = harvest.leaves.length > 0 || harvest.faults.some((fault) => fault !== BAD_LINE);
  return isLines ? harvest : refuse(NOT_READABLE);
}

function nameStreams(
  source: Source,
  message: IncomingMessage,
  topicNaming: Naming,
  harvest: Harvest,
): Decoded {
  const { leaves, faults } = isAmbiguous(source, harvest) ? refuse(AMBIGUOUS_STREAM) : harvest;
  const { retained } = message;
  const readings: Reading[] = [];
  let tags: Labels | null = null;
  let naming = topicNaming;
  let isNamed = true;
  for (const { key, value, time, unit, tags: ownTags } of leaves) {
    if (ownTags !== tags) {
      tags = ownTags;
      naming = addTags(source, message.topic, topicNaming, tags);
    }
    const stream = naming.streamOf(key);
    if (stream === null) isNamed = false;
    else if (source.isIncluded(stream)) {
      readings.push({ stream, time, value, unit, retained, labels: naming.labels });
    }
  }
  if (!isNamed) faults.push(BAD_STREAM_ID);
  return { readings, rejections: faults.length === 0 ? [] : rejectAll(faults, message) };
}

/** Names of the topic win over tags of the same name. */
function addTags(source: Source, topic: string, naming: Naming, tags: Labels | null): Naming {
  if (tags === null) return naming;
  const labels = { ...tags, ...naming.labels };
  return { labels, streamOf: source.template.at(topic, labels) };
}

/** Without `{key}` in the template, different keys would mix their values in one stream. */
function isAmbiguous(source: Source, harvest: Harvest): boolean {
  if (source.template.hasKey) return false;
  const first = harvest.leaves[0]?.key;
  return harvest.leaves.some((leaf) => leaf.key !== first);
}

function rejectAll(faults: readonly Fault[], message: IncomingMessage): Rejection[] {
  const topic = shortTopic(message.topic);
  const sample = payloadSample(message.payload);
  return faults.map((fault) => ({ code: fault.code, topic, sample, message: fault.message }));
}

/** The first 256 characters of a topic, which keep nothing else alive. */
export function shortTopic(topic: string): string {
  if (topic.length <= REJECTION_TOPIC_LENGTH_MAX) return topic;
  // A slice would keep the whole topic alive, up to 64 KB for as long as the rejection is kept.
  return JSON.parse(JSON.stringify(topic.slice(0, REJECTION_TOPIC_LENGTH_MAX))) as string;
}
