import { ErrorWithReasonCode, ErrorWithSubackPacket } from 'mqtt';

/** Why a broker cannot be used, in words for `/readyz` and the log. */

/** CONNACK codes of MQTT 3.1.1 and 5 that are about who we are. */
const credentialCodes = new Set([4, 5, 134, 135]);
/** SUBACK codes from here on refuse a filter. */
const subackFailure = 0x80;

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const ourCertificateRefused = /^ERR_SSL_.*(?:CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/;

/** The sentence for an error of mqtt.js, of the socket, or of TLS; without a full stop. */
export function connectionProblem(error: Error): string {
  if (error instanceof ErrorWithReasonCode) {
    if (!credentialCodes.has(error.code)) return error.message;
    return `${error.message} (mqtt.username and mqtt.password are what the broker looks at)`;
  }
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (untrusted.has(code)) {
    return `the certificate of the broker is not trusted (${code}); mqtt.ca names whom to trust`;
  }
  if (ourCertificateRefused.test(code)) {
    return `the broker does not accept our certificate, mqtt.cert and mqtt.key (${code})`;
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'the broker speaks no TLS at this port';
  return error.message || code || 'unknown error';
}

/** mqtt.js hands over the SUBACK with its error, one code per filter. */
export function subscribeProblem(error: Error, filters: readonly string[]): string {
  const granted = error instanceof ErrorWithSubackPacket ? error.packet?.granted : undefined;
  const refused = filters.filter((_, index) => Number(granted?.[index] ?? 0) >= subackFailure);
  if (refused.length === 0) return error.message;
  const names = refused.map((filter) => `"${filter}"`).join(', ');
  return `the broker refused our subscription to ${names}`;
}
