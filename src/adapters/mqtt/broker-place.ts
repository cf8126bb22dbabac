/** A broker's address as it may be shown: without user name and password. */
export function brokerPlace(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed ? `${parsed.protocol}//${parsed.host}` : 'an invalid address';
}
