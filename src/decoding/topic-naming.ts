import type { StreamTemplate } from './stream-template.ts';
import { type Labels, NO_LABELS, type TopicTemplate } from './topic-template.ts';

/** What a topic gives to all readings that come with it. */
export interface Naming {
  /** Values of the named wildcards; null when there are none. */
  readonly labels: Labels | null;
  /** The stream id for an encoded key; null when it would be empty or too long. */
  readonly streamOf: (key: string) => string | null;
}

/**
 * Devices publish to the same topics again and again, so a source remembers what it made of them:
 * at most so many topics of at most so many characters (some 10 MB if all are long). When it is
 * full it forgets all, and a flood of ever new topics costs it one entry each.
 */
const TOPICS_MAX = 16_384;
const TOPIC_LENGTH_MAX = 256;

/** The naming by the first of the templates that takes the topic; null when none does. */
export function nameTopic(
  topics: readonly TopicTemplate[],
  template: StreamTemplate,
  topic: string,
): Naming | null {
  for (const candidate of topics) {
    const labels = candidate.match(topic);
    if (labels === null) continue;
    return {
      labels: labels === NO_LABELS ? null : labels,
      streamOf: template.at(topic, labels),
    };
  }
  return null;
}

/** The same function, answering from memory where it can. */
export function rememberTopics(
  name: (topic: string) => Naming | null,
): (topic: string) => Naming | null {
  const remembered = new Map<string, Naming | null>();
  return (topic) => {
    const known = remembered.get(topic);
    if (known !== undefined) return known;
    const naming = name(topic);
    if (topic.length > TOPIC_LENGTH_MAX) return naming;
    if (remembered.size === TOPICS_MAX) remembered.clear();
    remembered.set(topic, naming);
    return naming;
  };
}
