/** What a bench hands over that is more than rows of one figure: a text and a document of its own. */
export interface BenchReport {
  /** Printed as it is. */
  readonly text: string;
  /** Becomes the JSON file when the bench is run alone, else a property of it. */
  readonly document: Readonly<Record<string, unknown>>;
  /** What went wrong; the bench has failed when there is anything. */
  readonly problems: readonly string[];
}
