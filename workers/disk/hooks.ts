/** What a long loop over a disk is handed by whoever started it. */
export interface LoopHooks {
  /** Awaited between chunks: lets messages in, holds while work is paused, throws when the work is canceled. Cheap. */
  gate(): Promise<void>;
  /** Bytes of data dealt with so far, ascending. */
  progress(doneBytes: number): void;
}
