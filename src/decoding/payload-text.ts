/** From bytes to text, and from bytes to something a person may look at. */

/** Bytes of a refused payload that are kept. */
const SAMPLE_BYTES = 80;

const strict = new TextDecoder('utf-8', { fatal: true });

/** The payload as text, without a byte order mark; null when it is not UTF-8. */
export function payloadText(payload: Uint8Array): string | null {
  try {
    return strict.decode(payload);
  } catch {
    return null;
  }
}

/** The first 80 bytes as text that is safe to print; what is no printable text becomes U+FFFD. */
export function payloadSample(payload: Uint8Array): string {
  // In a stream the decoder holds back a character that the cut went through.
  const text = new TextDecoder().decode(payload.subarray(0, SAMPLE_BYTES), {
    stream: payload.length > SAMPLE_BYTES,
  });
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
