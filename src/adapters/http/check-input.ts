import { z } from 'zod';
import { globProblem } from '../../pipeline/glob-problem.ts';
import { InklingError } from '../../protocol/errors.ts';

/** The value as its schema reads it; ERR_REQUEST_INVALID with the place and what was expected. */
export function checkInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const place = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new InklingError('ERR_REQUEST_INVALID', `${place}${issue.message}.`);
}

/** A whole number in a query, between two bounds. */
export function queryInteger(bounds: { min: number; max: number }) {
  const message = `expected a whole number from ${bounds.min} to ${bounds.max}`;
  return z
    .string({ error: message })
    .regex(/^-?\d{1,16}$/, message)
    .transform(Number)
    .pipe(z.number().min(bounds.min, message).max(bounds.max, message));
}

/** A glob in a query, cheap enough to be compared with every stream. */
export function queryGlob() {
  return z
    .string({ error: 'expected one glob' })
    .min(1, 'expected a glob')
    .max(512, 'expected at most 512 characters')
    .superRefine((glob, context) => {
      const problem = globProblem(glob);
      if (problem !== null)
        context.addIssue({ code: 'custom', message: problem.replace(/\.$/, '') });
    });
}
