/** Durations and sizes that tests make smaller. Bytes and milliseconds. */
export interface Tuning {
  /** A session ends after 30 minutes without a call. */
  readonly keepAliveMs: number;
  /** A lease ends after 300 s without a word of progress, whatever is read meanwhile. */
  readonly leaseBeatMs: number;
  readonly leaseReadyMs: number;
  /** How long one call waits for changes of the inventory. */
  readonly waitSeconds: number;
  /** How often tags are read anew: nothing tells when they change. */
  readonly tagsMs: number;
  /** Objects in one answer. */
  readonly pageObjects: number;
  /** Between two looks at a task: at first, and at most. */
  readonly taskPollMs: readonly [number, number];
  /** How long a canceled task may take to end. */
  readonly cancelMs: number;
  /** Before the second try of a range; doubles each time. */
  readonly retryMs: number;
  /** One Range request. */
  readonly rangeBytes: number;
}

export const TUNING: Tuning = {
  keepAliveMs: 15 * 60_000,
  leaseBeatMs: 30_000,
  leaseReadyMs: 180_000,
  waitSeconds: 15,
  tagsMs: 120_000,
  pageObjects: 250,
  taskPollMs: [150, 1500],
  cancelMs: 60_000,
  retryMs: 500,
  rangeBytes: 2 * 1024 * 1024,
};
