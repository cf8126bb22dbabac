/**
 * MQTT topic filters with named wildcards: `plant/+site/+device/telemetry`, `plant/#rest`.
 * A level is text, `+` or `+name`; only the last may be `#` or `#name`. [MQTT-4.7.1-1 to 4.7.1-3]
 */

const filterBytesMax = 65_535;
const wildcardName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

export function isTopicFilter(filter: string): boolean {
  if (filter === '' || filter.includes('\0')) return false;
  // `$share/group/…` and its like are instructions to the broker: topics never match them.
  if (filter.startsWith('$') && !filter.startsWith('$SYS/')) return false;
  if (Buffer.byteLength(filter) > filterBytesMax) return false;
  const levels = filter.split('/');
  const names = wildcardNames(filter);
  if (new Set(names).size < names.length) return false;
  return levels.every((level, index) => isLevel(level, index === levels.length - 1));
}

/** Names of the named wildcards, in order. */
export function wildcardNames(filter: string): string[] {
  return filter
    .split('/')
    .filter((level) => /^[+#]./.test(level))
    .map((level) => level.slice(1));
}

/** True for a topic that can be published to as the head of other topics: no wildcards, no `$`. */
export function isTopicPrefix(prefix: string): boolean {
  return /^[^$/+#\0][^+#\0]{0,254}$/.test(prefix) && !prefix.endsWith('/');
}

function isLevel(level: string, last: boolean): boolean {
  if (!/[+#]/.test(level)) return true;
  if (level.startsWith('#') && !last) return false;
  return level.length === 1 || wildcardName.test(level.slice(1));
}
