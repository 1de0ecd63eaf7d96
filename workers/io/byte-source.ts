/**
 * Where bytes come from and go to: the only doors between the engine and the world. Implementations: file (io/file.ts),
 * memory (io/memory.ts); later HTTP range, NBD. All offsets and lengths are Numbers in bytes, exact below 2^53.
 *
 * The calls are async so that a network source fits, but the file implementation makes synchronous system calls inside: on a
 * worker thread of its own that is two to three times as fast as the thread pool.
 */

/** A stretch of a source. */
export interface SourceRange {
  readonly start: number;
  readonly length: number;
  /** True: nothing is stored there, and it reads as zeros. False: bytes, which may be zeros too. */
  readonly hole: boolean;
}

/** Random-access bytes to read. The opener closes it. */
export interface ByteSource {
  /** What errors call it: usually the file's path. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Bytes the file system has set aside for it (sparse files: less than the size); null where that is not known for sure. */
  readonly allocatedBytes: number | null;
  /**
   * Fills `into` from `offset`.
   * @throws AppError disk.truncated where the source ends before `into` is full; io.read, io.vanished as the system says.
   */
  read(offset: number, into: Uint8Array): Promise<void>;
  /**
   * What is stored of [start, start+length), which lies inside the source: ascending, gap-free. Absent where nothing is known of
   * holes: then all is data. Never is data told as a hole. Formats use it through `storedExtents` (formats/format.ts).
   */
  ranges?(start: number, length: number): AsyncIterable<SourceRange>;
  close(): Promise<void>;
}

/** Random-access bytes to write. Nothing is durable before `sync`. The opener closes it. */
export interface ByteTarget {
  readonly name: string;
  /** Writes all of `bytes` at `offset`. @throws AppError target.no-space, io.write */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Reads back what was written (resume needs its own tables). @throws as ByteSource.read */
  read(offset: number, into: Uint8Array): Promise<void>;
  /** Makes the file exactly this long; new bytes read as zero and take no space. */
  resize(sizeBytes: number): Promise<void>;
  /** Returns when everything written so far survives a power loss. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
