/**
 * Walks over the fixed headers of an MQTT byte stream and says when a packet announces more bytes
 * than are allowed, before anyone buffers it. It looks at nothing else and keeps no payload.
 *
 *   byte 1          bytes 2…5                           remaining length bytes
 *   ┌────────────┐  ┌────────────────────────────────┐  ┌──────────────────────┐
 *   │ type│flags │  │ 7 bits each, high bit: go on   │  │ skipped              │
 *   └────────────┘  └────────────────────────────────┘  └──────────────────────┘
 */

/** Remaining lengths take at most four bytes, MQTT 3.1.1 §2.2.3. */
const lengthBytesMax = 4;

/**
 * Returns a function to be given every chunk of one connection, in order. It answers false once a
 * packet is longer than `packetBytesMax` (fixed header not counted) or its length is malformed.
 */
export function createPacketSizeGuard(packetBytesMax: number): (chunk: Uint8Array) => boolean {
  let state: 'type' | 'length' | 'body' = 'type';
  let remaining = 0;
  let lengthBytes = 0;

  function takeLengthByte(byte: number): boolean {
    if (lengthBytes === lengthBytesMax) return false;
    remaining += (byte & 0x7f) * 128 ** lengthBytes;
    lengthBytes++;
    if (remaining > packetBytesMax) return false;
    if (byte < 0x80) state = remaining === 0 ? 'type' : 'body';
    return true;
  }

  return (chunk) => {
    let offset = 0;
    while (offset < chunk.length) {
      if (state === 'body') {
        const skipped = Math.min(remaining, chunk.length - offset);
        remaining -= skipped;
        offset += skipped;
        if (remaining === 0) state = 'type';
      } else if (state === 'type') {
        state = 'length';
        remaining = 0;
        lengthBytes = 0;
        offset++;
      } else if (!takeLengthByte(chunk[offset++]!)) {
        return false;
      }
    }
    return true;
  };
}
