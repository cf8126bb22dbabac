/**
 * The SVG path of a sparkline: values evenly spaced over `width`, the smallest at the bottom, the
 * largest at the top of `height`. A null leaves a gap; a value alone between gaps becomes a dot (a
 * line of no length, round caps). Empty when there is nothing to draw.
 */
export function sparklinePath(
  values: readonly (number | null)[],
  width: number,
  height: number,
): string {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === null) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return '';
  const span = max - min;
  const stepX = values.length > 1 ? width / (values.length - 1) : 0;
  let path = '';
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const x = (index * stepX).toFixed(1);
    const y = (span === 0 ? height / 2 : height - ((value - min) / span) * height).toFixed(1);
    path += drawing ? `L${x} ${y}` : `M${x} ${y}L${x} ${y}`;
    drawing = true;
  });
  return path;
}
