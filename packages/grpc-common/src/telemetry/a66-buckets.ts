/**
 * Histogram boundaries for durations in seconds, from gRFC A66.
 *
 * @see https://github.com/grpc/proposal/blob/master/A66-otel-stats.md
 */
export const latencyBuckets: number[] = [
  0, 0.000_01, 0.000_05, 0.000_1, 0.000_3, 0.000_6, 0.000_8, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01,
  0.013, 0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 2,
  5, 10, 20, 50, 100,
];

/** Histogram boundaries for message sizes in bytes, from gRFC A66. */
export const sizeBuckets: number[] = [
  0,
  ...[10, 11, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32].map((exponent) => 2 ** exponent),
];
