import { z } from 'zod';
import { configurationSchema } from './schema.ts';

/** The parts of JSON schema that ours uses, with the two keywords of our own. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | false;
  anyOf?: JsonSchema[];
  /** What is expected; editors show it. */
  errorMessage?: string;
  /** Examples. Zod drops its own `examples` from the input side of values that are transformed. */
  usage?: unknown[];
  /** The default in words, where it is no fixed value. */
  defaultMeaning?: string;
}

/**
 * What may be written in a configuration file, as JSON schema (draft 7, which editors know best).
 */
export function configurationJsonSchema(): JsonSchema {
  return z.toJSONSchema(configurationSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;
}

/** The text of `config/inkling.schema.json`. */
export function jsonSchemaText(): string {
  const { $schema, ...schema } = configurationJsonSchema() as JsonSchema & { $schema?: string };
  const described = { $schema, title: 'Configuration of Inkling', ...schema };
  return `${JSON.stringify(described, publicKeywords, 2)}\n`;
}

/** In the file our own keywords are those that editors know. Each object is visited once. */
function publicKeywords(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { errorMessage, usage, defaultMeaning: _, ...rest } = value as JsonSchema;
  return {
    ...rest,
    ...(usage === undefined ? {} : { examples: usage }),
    ...(errorMessage === undefined ? {} : { errorMessage: `expected ${errorMessage}` }),
  };
}
