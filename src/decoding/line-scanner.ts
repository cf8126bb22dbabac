/**
 * A cursor over the text of line protocol: the tokens of one line at a time, never backwards.
 *
 *     measurement[,tag=value…] field=value[,field=value…] [timestamp]
 *
 * In names and tag values a backslash takes the meaning from a comma, an equals sign or a space
 * behind it and stays itself before anything else; in quoted texts it does so before `"` and `\`.
 */
export class LineScanner {
  readonly #text: string;
  #position: number;

  constructor(text: string) {
    this.#text = text;
    this.#position = 0;
  }

  get position(): number {
    return this.#position;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  /** True at a line's end: a line feed (a carriage return before it too), or the text's end. */
  get isAtLineEnd(): boolean {
    return this.isAtEnd || this.#peek() === '\n' || this.#peek() === '\r';
  }

  isNext(character: string): boolean {
    return this.#peek() === character;
  }

  /** Takes the character if it is next. */
  take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }

  /** Skips spaces and tabs; answers whether there were any. */
  skipSpace(): boolean {
    const start = this.#position;
    while (this.#peek() === ' ' || this.#peek() === '\t') this.#position++;
    return this.#position > start;
  }

  /** Goes to the line after the one that holds `position`. */
  skipLineOf(position: number): void {
    const end = this.#text.indexOf('\n', position);
    this.#position = end === -1 ? this.#text.length : end + 1;
  }

  /** A name or an unquoted value: up to an unescaped character of `stops`, or the line's end. */
  token(stops: string): string {
    const start = this.#position;
    while (!this.isAtLineEnd && !stops.includes(this.#peek())) {
      const behind = this.#text.charAt(this.#position + 1);
      const isEscape = this.#peek() === '\\' && behind !== '' && ', ='.includes(behind);
      this.#position += isEscape ? 2 : 1;
    }
    const token = this.#text.slice(start, this.#position);
    return token.includes('\\') ? token.replace(/\\([, =])/g, '$1') : token;
  }

  /** A quoted text, which may hold line ends; null when its closing quote is missing. */
  quoted(): string | null {
    const start = ++this.#position;
    while (!this.isAtEnd && this.#peek() !== '"') {
      this.#position += this.#peek() === '\\' ? 2 : 1;
    }
    if (this.isAtEnd) return null;
    const inner = this.#text.slice(start, this.#position++);
    return inner.replace(/\\(["\\])/g, '$1');
  }

  #peek(): string {
    return this.#text.charAt(this.#position);
  }
}
