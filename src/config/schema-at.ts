import type { z } from 'zod';
import type { ValuePath } from './problem.ts';

/**
 * The keys that the schema knows for the mapping at a path; empty where there is no such mapping.
 * Wrappers (defaults, optional keys, transforms) are looked through; of several forms the mapping
 * counts.
 */
export function keysAt(schema: z.core.$ZodType, path: ValuePath): string[] {
  let current: z.core.$ZodType | undefined = core(schema);
  for (const segment of path) {
    if (current === undefined) return [];
    current = child(current, segment);
  }
  const definition = current === undefined ? null : definitionOf(current);
  return definition?.type === 'object' ? Object.keys(definition.shape) : [];
}

function child(schema: z.core.$ZodType, segment: string | number): z.core.$ZodType | undefined {
  const definition = definitionOf(schema);
  let inner: z.core.$ZodType | undefined;
  if (definition.type === 'object' && Object.hasOwn(definition.shape, segment)) {
    inner = definition.shape[segment];
  }
  if (definition.type === 'array') inner = definition.element;
  if (definition.type === 'record') inner = definition.valueType;
  return inner === undefined ? undefined : core(inner);
}

/** The schema under defaults, optional keys and transforms. */
function core(schema: z.core.$ZodType): z.core.$ZodType {
  const definition = definitionOf(schema);
  switch (definition.type) {
    case 'prefault':
    case 'optional':
      return core(definition.innerType);
    case 'pipe':
      return core(definition.in);
    case 'union': {
      const forms = definition.options.map(core);
      return forms.find((form) => definitionOf(form).type === 'object') ?? schema;
    }
    default:
      return schema;
  }
}

function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] {
  return (schema as z.core.$ZodTypes)._zod.def;
}
