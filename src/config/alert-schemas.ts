import { z } from 'zod';
import { webhookUrl } from './connection-schemas.ts';
import { isCronLine } from './cron.ts';
import { environmentReference } from './interpolate-environment.ts';
import {
  anyNumber,
  duration,
  either,
  glob,
  listOf,
  mapping,
  name,
  namedEntries,
  text,
  textThat,
  wholeNumber,
  wordForNull,
  words,
} from './schema-values.ts';

/** The sections about telling people: receivers, maintenance windows, alert rules. */

/** Receivers that are always there. */
export const builtInReceivers = ['websocket', 'mqtt'] as const;

export const receiversSchema = namedEntries(
  mapping({
    webhook: webhookUrl().meta({
      description: 'Where notifications are posted, in the shape of Alertmanager’s version 4.',
      defaultMeaning: 'must be given',
      usage: ['https://hooks.example.org/inkling'],
    }),
    secret: text()
      .prefault('')
      .meta({
        description: 'Key of the HMAC-SHA256 signature; empty: bodies are not signed.',
        usage: [environmentReference('HOOK_SECRET:-')],
      }),
    perHour: wholeNumber(1, 100_000)
      .prefault(20)
      .describe('Notifications an hour; beyond them one summary is sent instead.'),
  }),
  { to: 100, reserved: builtInReceivers },
)
  .prefault({})
  .describe('Webhooks that alerts can notify, by name.');

export const maintenanceSchema = listOf(
  mapping({
    cron: textThat('a cron line of five fields such as "0 2 * * 0"', isCronLine).meta({
      description: 'When a window begins: minute, hour, day of month, month, day of week.',
      defaultMeaning: 'must be given',
      usage: ['0 2 * * 0'],
    }),
    for: duration('1s', '366d').prefault('1h').describe('How long it lasts.'),
    match: glob()
      .prefault('**')
      .meta({
        description: 'Glob over the stream ids that it covers.',
        usage: ['plant/**'],
      }),
  }),
  { from: 0, to: 1000 },
)
  .prefault([])
  .describe('Times in which nobody is notified.');

const forecastSchema = mapping({
  above: anyNumber()
    .optional()
    .meta({
      description: 'The value will rise above this. Exactly one of above and below is given.',
      defaultMeaning: 'none',
      usage: [-15],
    }),
  below: anyNumber()
    .optional()
    .meta({
      description: 'The value will fall below this.',
      defaultMeaning: 'none',
      usage: [2.5],
    }),
  within: duration('1ms', '366d').prefault('1h').describe('How far ahead to look.'),
  probability: z
    .number({ error: 'a number between 0 and 1, both excluded' })
    .gt(0, 'a number between 0 and 1, both excluded')
    .lt(1, 'a number between 0 and 1, both excluded')
    .meta({ errorMessage: 'a number between 0 and 1, both excluded' })
    .prefault(0.5)
    .describe('How likely it must be.'),
})
  .refine(({ above, below }) => (above === undefined) !== (below === undefined), {
    message: 'exactly one of above and below',
    when: isMapping,
  })
  .transform(({ above, below, within, probability }) => ({
    kind: 'forecast' as const,
    direction: above === undefined ? ('below' as const) : ('above' as const),
    threshold: above ?? below!,
    within,
    probability,
  }));

const conditionKeys = ['above', 'below', 'anomaly', 'forecast', 'silent'] as const;

const whenSchema = mapping({
  above: anyNumber()
    .optional()
    .meta({
      description: 'The value is above this.',
      defaultMeaning: 'none',
      usage: [-15],
    }),
  below: anyNumber()
    .optional()
    .meta({
      description: 'The value is below this.',
      defaultMeaning: 'none',
      usage: [2.5],
    }),
  anomaly: words('quiet', 'normal', 'sensitive')
    .optional()
    .meta({
      description: 'The stream behaves as it never did: how easily that is said.',
      defaultMeaning: 'none',
      usage: ['normal'],
    }),
  forecast: forecastSchema.optional().meta({
    description: 'The value is going to cross a threshold.',
    defaultMeaning: 'none',
  }),
  silent: either('auto, or a duration from 1s to 366d such as 10m', [
    z.literal('auto'),
    duration('1s', '366d'),
  ])
    .optional()
    .meta({
      description: 'No readings for that long; auto: learnt from the stream.',
      defaultMeaning: 'none',
      usage: ['auto', '10m'],
    }),
})
  .refine((when) => conditionKeys.filter((key) => when[key] !== undefined).length === 1, {
    message: `exactly one of ${conditionKeys.join(', ')}`,
    when: isMapping,
  })
  .transform((when) => {
    if (when.above !== undefined) return { kind: 'above' as const, threshold: when.above };
    if (when.below !== undefined) return { kind: 'below' as const, threshold: when.below };
    if (when.anomaly !== undefined) return { kind: 'anomaly' as const, sensitivity: when.anomaly };
    return when.forecast ?? { kind: 'silent' as const, after: when.silent! };
  });

const clearSchema = mapping({
  above: anyNumber()
    .optional()
    .meta({
      description: 'For a condition `below`: resolved once the value is above this.',
      defaultMeaning: 'the threshold of the condition',
      usage: [3],
    }),
  below: anyNumber()
    .optional()
    .meta({
      description: 'For a condition `above`: resolved once the value is below this.',
      defaultMeaning: 'the threshold of the condition',
      usage: [-16],
    }),
  for: duration('0s', '366d')
    .prefault('0s')
    .describe('How long that must hold before the alert is resolved.'),
})
  .transform((clear) => ({ threshold: clear.above ?? clear.below ?? null, for: clear.for }))
  .prefault({})
  .describe('When a firing alert is resolved.');

const alertSchema = mapping({
  name: name().meta({
    description: 'Name of the rule; each has its own.',
    defaultMeaning: 'must be given',
    usage: ['freezer-warm'],
  }),
  match: glob()
    .prefault('**')
    .meta({
      description: 'Glob over stream ids.',
      usage: ['freezer/**'],
    }),
  when: whenSchema
    .meta({ minProperties: 1, maxProperties: 1 })
    .prefault({ anomaly: 'normal' })
    .describe('The condition: exactly one of these keys.'),
  for: duration('0s', '366d')
    .prefault('0s')
    .describe('How long the condition must hold before the alert fires.'),
  clear: clearSchema,
  severity: words('info', 'warning', 'critical').prefault('warning').describe('How bad it is.'),
  repeat: either('never, or a duration from 1m to 366d such as 4h', [
    wordForNull('never'),
    duration('1m', '366d'),
  ])
    .prefault('4h')
    .describe('A firing alert notifies again after this long.'),
  notify: listOf(name(), { from: 0, to: 100 })
    .prefault([...builtInReceivers])
    .meta({
      description: 'Who is told: `websocket`, `mqtt`, and names of `receivers`.',
      usage: [['websocket', 'mqtt', 'ops']],
    }),
});

export const alertsSchema = listOf(alertSchema, { from: 0, to: 20_000 })
  .prefault([
    {
      name: 'anomaly',
      match: '**',
      when: { anomaly: 'normal' },
      severity: 'warning',
      notify: [...builtInReceivers],
    },
  ])
  .describe('Alert rules. Without the key one rule stands: any anomaly of any stream.');

/** Lets a check run beside other problems of the same mapping, so that all are told at once. */
function isMapping({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
