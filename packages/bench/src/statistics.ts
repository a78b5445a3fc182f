/** Returns the median of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Formats the ratio of the medians of two series, with the least and the greatest ratio of a round. */
export function ratio(a: readonly number[], b: readonly number[]): string {
  const rounds = a.map((figure, index) => figure / (b[index] ?? Number.NaN));
  const [least, greatest] = [Math.min(...rounds), Math.max(...rounds)];
  return `${(median(a) / median(b)).toFixed(3)} (rounds ${least.toFixed(2)} to ${greatest.toFixed(2)})`;
}
