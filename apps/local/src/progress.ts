/** Prints one line per finished step with the seconds since `since` (milliseconds of `performance.now()`). */
export function progressLines(print: (line: string) => void, since: number): (step: string) => void {
  return (step) => print(`${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s  ${step}`);
}
