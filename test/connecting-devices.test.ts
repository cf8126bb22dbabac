import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../src/config/problem.ts';
import { readConfiguration } from '../src/config/read-configuration.ts';
import { compileSource, decodeMessage } from '../src/decoding/decode-message.ts';

/**
 * docs/connecting-devices.md shows messages and what becomes of them. Each section is decoded here
 * with the `sources:` it shows, so that the page cannot drift from the decoder.
 *
 *     topic payload                 one message
 *       → stream  value  time       a reading of it; the time only where the message carries one
 *       ✗ ERR_CODE                  a rejection
 *       (not taken)                 no source takes it, or nothing is included
 */
const page = readFileSync(new URL('../docs/connecting-devices.md', import.meta.url), 'utf8');

interface Example {
  readonly message: string;
  readonly outcome: string[];
}

interface Section {
  readonly title: string;
  readonly configuration: string;
  readonly examples: readonly Example[];
}

function sections(): Section[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map((text) => ({
      title: text.slice(0, text.indexOf('\n')),
      configuration: fenced(text, 'yaml').join('\n'),
      examples: examplesIn(fenced(text, 'text')),
    }));
}

/** Lines of all fenced blocks in a language. */
function fenced(text: string, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'));
  return [...blocks].flatMap(([, block]) => block!.trimEnd().split('\n'));
}

function examplesIn(lines: readonly string[]): Example[] {
  const examples: Example[] = [];
  for (const line of lines) {
    if (line.startsWith('  ')) examples.at(-1)!.outcome.push(line.trim());
    else examples.push({ message: line, outcome: [] });
  }
  return examples;
}

/** What a message becomes, in the words of the page. */
function outcomeOf(configurationText: string, message: string): string[] {
  const read = readConfiguration({ file: 'page.yaml', text: configurationText, environment: {} });
  expect((read.problems ?? []).map(formatProblem)).toEqual([]);
  const end = message.indexOf(' ');
  const { readings, rejections } = decodeMessage(
    read.configuration!.sources.map(compileSource),
    {
      topic: message.slice(0, end),
      payload: new TextEncoder().encode(message.slice(end + 1)),
      retained: false,
    },
    read.configuration!.limits.payloadBytes,
  );
  const lines = [
    ...readings.map(({ stream, value, time }) =>
      [
        `→ ${stream}`,
        value ?? 'missing',
        ...(time === null ? [] : [new Date(time).toISOString()]),
      ].join('  '),
    ),
    ...rejections.map(({ code }) => `✗ ${code}`),
  ];
  return lines.length === 0 ? ['(not taken)'] : lines;
}

describe('docs/connecting-devices.md', () => {
  const shown = sections().filter(({ examples }) => examples.length > 0);

  it('shows what each kind of device sends', () => {
    expect(shown.map(({ title }) => title)).toEqual([
      'Payloads',
      'mosquitto_pub',
      'Python (paho-mqtt 2)',
      'ESPHome',
      'Tasmota',
      'Zigbee2MQTT',
      'Shelly',
      'Shelly, first generation',
      'Home Assistant (MQTT Statestream)',
      'Telegraf and other line protocol',
    ]);
  });

  describe.each(shown)('$title', ({ configuration, examples }) => {
    it.each(examples)('takes $message as it says', ({ message, outcome }) => {
      expect(outcomeOf(configuration, message)).toEqual(outcome);
    });
  });
});
