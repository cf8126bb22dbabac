import { z } from 'zod';
import {
  anyNumber,
  ascending,
  duration,
  either,
  flag,
  glob,
  listOf,
  mapping,
  name,
  namedEntries,
  numberBetween,
  orNull,
  rate,
  textThat,
  wholeNumber,
  wordForNull,
  words,
} from './schema-values.ts';
import { isTopicFilter } from './topic-filters.ts';

/** The sections about readings, streams and the models that forecast them. */

export const sourceSchema = mapping({
  topics: listOf(
    textThat('a topic filter such as "plant/+site/#", not "$share/…"', isTopicFilter, 65_535),
    {
      from: 1,
      to: 100,
    },
  )
    .prefault(['#'])
    .meta({
      description:
        'MQTT topic filters. Wildcards may have names: `+site` for one level, `#rest` for all ' +
        'that follow. Topics beginning with `$` and our own prefix are left out.',
      usage: [['plant/+site/+device/telemetry']],
    }),
  decode: words('auto', 'line-protocol')
    .prefault('auto')
    .describe('How payloads are read: numbers and JSON of any shape, or InfluxDB line protocol.'),
  stream: textThat('a template such as "{topic}/{key}"', isStreamTemplate)
    .prefault('{topic}/{key}')
    .meta({
      description:
        'Template of the stream id. `{topic}` is the whole topic, `{key}` the path inside the ' +
        'payload, and each named wildcard is there by its name.',
      usage: ['{site}/{device}/{key}'],
    }),
  include: listOf(glob(), { from: 1, to: 100 })
    .prefault(['**'])
    .meta({
      description: 'Globs over stream ids; readings of other streams are left out.',
      usage: [['**/temperature', '**/humidity']],
    }),
  timezone: textThat('a time zone such as UTC or Europe/Berlin', isTimezone)
    .prefault('UTC')
    .meta({
      description: 'Time zone of times in payloads that carry no offset.',
      usage: ['Europe/Berlin'],
    }),
});

const horizonExpected = 'steps (a whole number from 1 to 1000) or a list of durations';

const horizonSchema = either(horizonExpected, [
  z
    .number()
    .int(horizonExpected)
    .min(1, horizonExpected)
    .max(1000, horizonExpected)
    .transform((steps) => ({ steps })),
  listOf(duration('1ms', '366d'), { from: 1, to: 64 })
    .refine(ascending, 'ascending durations')
    .transform((durationsMs) => ({ durationsMs })),
]);

const levelExpected = 'a number between 0 and 1, both excluded';
const levelsExpected = '1 to 9 ascending numbers';
const rangeExpected = 'two numbers, the lower one first';

const streamLimitsSchema = mapping({
  range: orNull(
    z
      .tuple([anyNumber(), anyNumber()], { error: rangeExpected })
      .refine(([lower, upper]) => lower < upper, rangeExpected)
      .meta({ errorMessage: rangeExpected }),
  ).meta({
    description: 'Lowest and highest possible value. Forecasts are clamped to it.',
    defaultMeaning: 'none',
    usage: [[-40, 85]],
  }),
  maxRate: orNull(rate()).meta({
    description: 'Fastest possible change, in units of value a unit of time.',
    defaultMeaning: 'none',
    usage: ['5/min'],
  }),
})
  .prefault({})
  .describe('A reading that breaks one is shown, flagged, an anomaly, and not learnt from.');

export const streamRuleSchema = mapping({
  match: glob()
    .prefault('**')
    .meta({
      description: 'Glob over stream ids: `**` crosses slashes, `*` does not.',
      usage: ['freezer/**'],
    }),
  cadence: either('auto, or a duration from 1ms to 366d such as 10s or 1m', [
    z.literal('auto'),
    duration('1ms', '366d'),
  ])
    .prefault('auto')
    .meta({
      description:
        'Time between readings: found from the readings, or given; readings are then aggregated' +
        ' to it.',
      usage: ['1m'],
    }),
  aggregate: words('mean', 'last', 'min', 'max', 'sum')
    .prefault('mean')
    .describe('How the readings of one cadence become one value.'),
  horizon: horizonSchema.prefault(24).meta({
    description: 'How far to forecast: all steps up to a number, or these times ahead.',
    usage: [24, ['1m', '15m', '1h']],
  }),
  levels: z
    .array(z.number({ error: levelExpected }).gt(0, levelExpected).lt(1, levelExpected), {
      error: levelsExpected,
    })
    .min(1, levelsExpected)
    .max(9, levelsExpected)
    .refine(ascending, levelsExpected)
    .meta({ errorMessage: levelsExpected })
    .prefault([0.5, 0.8, 0.95])
    .describe('Share of values that each interval should cover.'),
  model: name().prefault('shared').describe('Which of `models` forecasts these streams.'),
  maxGap: wholeNumber(0, 10_000)
    .prefault(24)
    .describe('Missing steps that are stepped over; after more the state starts anew.'),
  lateness: duration('0s', '366d')
    .prefault('60s')
    .describe('Readings late by up to this still correct history and the database.'),
  expire: either('never, or a duration from 1s to 3650d such as 12h or 30d', [
    wordForNull('never'),
    duration('1s', '3650d'),
  ])
    .prefault('30d')
    .describe('A stream without readings that long is removed.'),
  limits: streamLimitsSchema,
  transform: words('none', 'delta')
    .prefault('none')
    .describe('`delta` is for counters: the increase is forecast; resets are detected.'),
});

export const modelSchema = mapping({
  cell: words('lstm', 'gru', 'rnn').prefault('lstm').describe('Kind of recurrent cell.'),
  hidden: wholeNumber(8, 256).prefault(64).describe('Hidden units of each layer.'),
  layers: wholeNumber(1, 2)
    .transform((layers) => layers as 1 | 2)
    .prefault(1)
    .describe('Layers of cells.'),
  size: words('full', 'light', 'auto')
    .prefault('auto')
    .describe(
      'Memory and effort a stream: `full` about 200 KiB, `light` at most 2.5 KiB, `auto` full ' +
        'while it fits `limits.modelBytes`.',
    ),
});

export const modelsSchema = namedEntries(modelSchema, { to: 64 })
  .prefault({ shared: {} })
  .describe(
    'Model groups by name. Streams of a group share weights; each has a state of its own. ' +
      '`shared` is always there.',
  );

export const trainingSchema = mapping({
  everyRows: wholeNumber(1, 1_000_000)
    .prefault(8)
    .describe('One update of the weights for so many rows of readings.'),
  window: wholeNumber(2, 1024)
    .prefault(64)
    .describe('Steps that gradients flow back through time.'),
  publishSeconds: numberBetween(0.1, 86_400)
    .prefault(1)
    .describe('New weights are taken into service at most once in so many seconds.'),
  checkpointSeconds: numberBetween(1, 86_400)
    .prefault(60)
    .describe('Seconds between checks that learning has helped; if not, it is rolled back.'),
}).prefault({});

const speedExpected = 'a number above 0 and at most 1000000, or max';

export const simulateSchema = mapping({
  enabled: flag()
    .optional()
    .meta({
      description: 'Whether simulated devices publish readings.',
      defaultMeaning: 'true only when started without --config',
      usage: [true],
    }),
  speed: either(speedExpected, [
    z.literal('max'),
    z.number().positive(speedExpected).max(1_000_000, speedExpected),
  ])
    .prefault(60)
    .meta({
      description: 'Simulated seconds a second, until the present is reached.',
      usage: [60, 'max'],
    }),
  seed: wholeNumber(0, 4_294_967_295)
    .prefault(1)
    .describe('The same seed gives the same devices, readings and faults.'),
}).prefault({});

/** Braces come in pairs around a name. Which names there are depends on the topics. */
function isStreamTemplate(template: string): boolean {
  if (template === '' || /\p{Cc}/u.test(template)) return false;
  return !/[{}]/.test(template.replace(/\{[A-Za-z_]\w*\}/g, ''));
}

function isTimezone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
