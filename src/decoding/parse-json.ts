/**
 * JSON as devices write it: JSON.parse, and where that fails because of `NaN`, `Infinity` or
 * `-Infinity` (Python's json.dumps writes them), once more with null in their place.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NON_FINITE = /NaN|-?Infinity/y;

/** The value of a JSON text; undefined, which JSON cannot say, when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!/NaN|Infinity/.test(text)) return undefined;
  }
  try {
    return JSON.parse(nullForNonFinite(text));
  } catch {
    return undefined;
  }
}

/** One pass over the text; what stands within quotes is left as it is. */
function nullForNonFinite(text: string): string {
  let result = '';
  let copied = 0;
  let index = 0;
  while (index < text.length) {
    NON_FINITE.lastIndex = index;
    if (text.charCodeAt(index) === QUOTE) {
      index = endOfQuoted(text, index);
    } else if (NON_FINITE.test(text)) {
      result += `${text.slice(copied, index)}null`;
      copied = NON_FINITE.lastIndex;
      index = copied;
    } else {
      index++;
    }
  }
  return result + text.slice(copied);
}

/** Where the text goes on behind the quoted one that starts at `start`. */
function endOfQuoted(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text.charCodeAt(index) !== QUOTE) {
    index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  }
  return index + 1;
}
