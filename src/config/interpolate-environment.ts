/**
 * Values from the environment inside a text: `${NAME}` must be set, `${NAME:-default}` stands for
 * the default when it is unset or empty, `${NAME:?message}` says what to do about it. `$${` is a
 * plain `${`. Nothing is replaced twice: a value that looks like a reference stays as it is.
 */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Interpolation =
  | { ok: true; text: string }
  | { ok: false; expected: string; got: string; hint: string | null };

const referencePattern = /\$\$\{|\$\{([^}]*)(\}?)/g;
const innerPattern = /^([A-Za-z_][A-Za-z0-9_]{0,127})(?::([-?])([\s\S]*))?$/;

export function interpolateEnvironment(text: string, environment: Environment): Interpolation {
  let failure: Interpolation | null = null;
  const replaced = text.replace(referencePattern, (reference, inner, end) => {
    if (reference === '$${') return '${';
    const result: Interpolation = end === '}' ? resolveReference(inner, environment) : malformed();
    if (result.ok) return result.text;
    failure ??= result;
    return '';
  });
  return failure ?? { ok: true, text: replaced };
}

function resolveReference(inner: string, environment: Environment): Interpolation {
  const parts = innerPattern.exec(inner);
  if (parts === null) return malformed();
  const [, name, operator, rest] = parts;
  const value = Object.hasOwn(environment, name!) ? environment[name!] : undefined;
  const missing = operator === undefined ? value === undefined : !value;
  if (!missing) return { ok: true, text: value! };
  if (operator === '-') return { ok: true, text: rest! };
  return {
    ok: false,
    expected: `the environment variable ${name} to be set`,
    got: 'nothing',
    hint: rest === undefined || rest === '' ? null : rest.replace(/\s+/g, ' ').trim(),
  };
}

/** `${NAME}`, spelled so that it is not mistaken for a template of our own. */
export function environmentReference(inner: string): string {
  return `\${${inner}}`;
}

function malformed(): Interpolation {
  return {
    ok: false,
    expected: ['NAME', 'NAME:-default', 'NAME:?message'].map(environmentReference).join(' or '),
    got: 'something else after "${"',
    hint: 'write "$${" for a plain "${"',
  };
}
