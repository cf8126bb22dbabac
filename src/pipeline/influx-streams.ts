/** What InfluxDB points need to know of a stream: its tags, by row and by id. */
export interface TaggedStream {
  readonly stream: string;
  readonly row: number;
  /** Always the same object while the labels stay, so that it is written once for many points. */
  tags: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>> | null;
  /** Whether a reading came since the last point about its quality. */
  hasNews: boolean;
}

/** InfluxDB keeps this name for itself. */
const RESERVED_TAG = 'time';

/** The streams that points were made of. Rows may be given to other streams once theirs are gone. */
export class TaggedStreams {
  readonly #byRow: (TaggedStream | undefined)[];
  readonly #byId: Map<string, TaggedStream>;

  constructor() {
    this.#byRow = [];
    this.#byId = new Map();
  }

  /** Rows seen so far, gone ones included. */
  get rows(): number {
    return this.#byRow.length;
  }

  at(row: number): TaggedStream | undefined {
    return this.#byRow[row];
  }

  of(id: string): TaggedStream | undefined {
    return this.#byId.get(id);
  }

  /** The stream in this row, with its newest labels; null changes nothing. */
  note(row: number, stream: string, labels: Readonly<Record<string, string>> | null): TaggedStream {
    let known = this.#byRow[row];
    if (known === undefined || known.stream !== stream) {
      if (known !== undefined) this.#byId.delete(known.stream);
      known = { stream, row, tags: { stream }, labels: null, hasNews: false };
      while (this.#byRow.length < row) this.#byRow.push(undefined);
      this.#byRow[row] = known;
      this.#byId.set(stream, known);
    }
    if (labels !== null && labels !== known.labels) {
      if (known.labels === null || !areEqual(labels, known.labels))
        known.tags = tagsOf(stream, labels);
      known.labels = labels;
    }
    return known;
  }

  /** The stream is gone; returns what was known of it. */
  remove(id: string): TaggedStream | undefined {
    const known = this.#byId.get(id);
    if (known === undefined) return undefined;
    this.#byId.delete(id);
    if (this.#byRow[known.row] === known) this.#byRow[known.row] = undefined;
    return known;
  }
}

function tagsOf(stream: string, labels: Readonly<Record<string, string>>): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    tags[name === RESERVED_TAG ? `${name}_` : name] = value;
  }
  tags['stream'] = stream;
  return tags;
}

function areEqual(
  some: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(some);
  return (
    names.length === Object.keys(others).length &&
    names.every((name) => some[name] === others[name])
  );
}
