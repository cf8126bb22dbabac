/**
 * The server answered a request with an error. `code` is one of the catalogue in `docs/errors.md`.
 */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly code: string;
  /** What may have been meant, as a full sentence; null when the server has no guess. */
  readonly hint: string | null;

  constructor(code: string, message: string, hint: string | null) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
