/**
 * The cells of memory through which main steers a task while it runs. Index of the cells in `WorkerStart.control`. cancel: stop and clean up. halt: stop where you are and leave everything as it is,
 * a later attempt goes on from the last checkpoint. noted: how many times main has taken in `written`. held: permits that the task's lanes hold.
 * limit: KiB a second that may be read, 0 = as fast as it goes; main may change it at any time.
 */
export const CONTROL = { cancel: 0, paused: 1, noted: 2, halt: 3, held: 4, limit: 5 } as const;
