/**
 * A function that asks for `render` at the next animation frame: however often it is called between
 * two frames, `render` runs once. A hidden tab gets no frames; it draws the newest state when it is
 * seen again.
 */
export function frameTrigger(render: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      render();
    });
  };
}
