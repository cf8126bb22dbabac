/**
 * Whom a browser may speak for. A page of another site must not read streams or change anything
 * through a visitor's browser, and a name that is rebound to 127.0.0.1 must not pass for us.
 */
export interface OriginRules {
  /** Origins allowed beside our own, as in `https://plant.example`. */
  readonly origins: readonly string[];
  /** Host names we answer to; null: any. Origins allowed above are answered to as well. */
  readonly hosts: readonly string[] | null;
}

/**
 * The rules of a service that listens on `host`. Without tokens on loopback nothing but the Host
 * header tells a visitor's browser from a program, so that header has to name this machine.
 */
export function originRules(options: {
  readonly host: string;
  readonly hasTokens: boolean;
  readonly origins: readonly string[];
}): OriginRules {
  const guarded = isLoopback(options.host) && !options.hasTokens;
  return {
    origins: options.origins,
    hosts: guarded ? [...loopbackHosts, options.host] : null,
  };
}

/** Names of this machine to itself. */
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'] as const;

/** True for an address or name that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.[\d.]+$/.test(host);
}

/**
 * True when the request comes from no page (no Origin header), from our own page (same host and
 * port as the Host header), or from an origin that is allowed.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  rules: OriginRules,
): boolean {
  if (origin === undefined) return true;
  if (rules.origins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase())) return true;
  const url = parseUrl(origin);
  if (url === null || host === undefined) return false;
  const own = parseUrl(`${url.protocol}//${host}`);
  return own !== null && own.host === url.host;
}

/** True when the Host header names us. A request without one (HTTP/1.0) comes from no browser. */
export function isHostAllowed(host: string | undefined, rules: OriginRules): boolean {
  if (rules.hosts === null || host === undefined) return true;
  const name = parseUrl(`http://${host}`)?.hostname;
  if (name === undefined) return false;
  return (
    rules.hosts.some((allowed) => allowed.toLowerCase() === name) ||
    rules.origins.some((origin) => parseUrl(origin)?.hostname === name)
  );
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
