/**
 * Stream ids: the names by which everything else knows a sensor. An id is NFC, at most 1,024
 * characters, and free of what globs, MQTT filters and URLs give a meaning to:
 *
 *     % space controls * ? [ ] { } # +     →  %XX, the UTF-8 bytes in upper-case hexadecimal
 *     /                                    →  kept in a topic, %2F inside any other name
 *
 * `decodeURIComponent` is the inverse. A combining mark right behind an encoded character is
 * encoded too: it would otherwise melt into the last hexadecimal digit under NFC. Surrogates
 * without a partner, which no UTF-8 text can hold, become U+FFFD.
 */

/** The longest id, in characters (UTF-16 code units) after encoding. */
const STREAM_ID_LENGTH_MAX = 1_024;

/** Printable ASCII without the reserved characters: nearly every name, and nothing to do for it. */
const PLAIN = /^[!"$&'(),\-./0-9:;<=>@A-Z\\^_`a-z|~]*$/;
const RESERVED = /[\p{Cc} %*?[\]{}#+]\p{M}*/gu;
const RESERVED_IN_LEVEL = /[\p{Cc} %*?[\]{}#+/]\p{M}*/gu;
const LONE_SURROGATE = /\p{Cs}/gu;

/**
 * The stream id of a raw text in which `/` separates levels, such as a topic.
 * Null when the id would be empty or longer than 1,024 characters (`ERR_STREAM_ID`).
 */
export function streamId(text: string): string | null {
  return boundedId(encodePath(text));
}

/** Encodes a text in which `/` separates levels and stays. No limit on its length. */
export function encodePath(text: string): string {
  return PLAIN.test(text) ? text : encodeMatches(text, RESERVED);
}

/** Encodes one name that is no topic, such as a key of a JSON object: `/` becomes `%2F`. */
export function encodeLevel(name: string): string {
  return PLAIN.test(name) && !name.includes('/') ? name : encodeMatches(name, RESERVED_IN_LEVEL);
}

/** An id put together from encoded parts; null when it is empty or too long. */
export function boundedId(id: string): string | null {
  return id.length === 0 || id.length > STREAM_ID_LENGTH_MAX ? null : id;
}

function encodeMatches(text: string, reserved: RegExp): string {
  return text.replace(LONE_SURROGATE, '\ufffd').normalize('NFC').replace(reserved, percentEncode);
}

function percentEncode(characters: string): string {
  return encodeURIComponent(characters).replace('*', '%2A');
}
