/**
 * A body that comes once, as large pieces in memory that other threads see too and that is used over and over. Whoever brings it is
 * told to pause while all of that is full.
 */
import { PIECES_OUT } from "./receiver-messages.ts";

const PIECE_BYTES = 1024 * 1024;
/** Beside those that are out one is being filled and two are full. */
const PIECES = PIECES_OUT + 3;

interface Piece {
  readonly memory: Uint8Array;
  length: number;
}

export class BodyStream implements AsyncIterator<Uint8Array, undefined> {
  readonly #readBytes: number;
  readonly #resume: () => void;
  #free: Piece[] = Array.from({ length: PIECES }, () => ({
    memory: new Uint8Array(new SharedArrayBuffer(PIECE_BYTES)),
    length: 0,
  }));
  #filling: Piece | null = null;
  #ready: Piece[] = [];
  #handed: Piece[] = [];
  #end: { readonly error: unknown } | null = null;
  #came: (() => void) | null = null;

  /** @param readBytes the most that one `take` brings. @param resume called when there is room again */
  constructor(readBytes: number, resume: () => void) {
    this.#readBytes = readBytes;
    this.#resume = resume;
  }

  /** Whether there is room for another `take`. */
  get hasRoom(): boolean {
    const room = this.#filling === null ? 0 : PIECE_BYTES - this.#filling.length;
    return room + this.#free.length * PIECE_BYTES >= this.#readBytes;
  }

  /** Copies. May be called while there is room. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      this.#filling ??= this.#free.pop() ?? null;
      const piece = this.#filling;
      if (piece === null) throw new RangeError("there is no room");
      const part = bytes.subarray(at, at + PIECE_BYTES - piece.length);
      piece.memory.set(part, piece.length);
      piece.length += part.length;
      at += part.length;
      if (piece.length < PIECE_BYTES) continue;
      this.#ready.push(piece);
      this.#filling = null;
    }
    this.#tell();
  }

  /** Nothing more comes. @param error null: it came whole */
  end(error: unknown): void {
    this.#end ??= { error };
    this.#tell();
  }

  /** The next piece, which stays as it is until PIECES_OUT more were asked for. @throws what it ended with */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#handed.length >= PIECES_OUT) this.#giveBack();
    for (;;) {
      const piece = this.#ready.shift() ?? (this.#end === null ? null : this.#begun());
      if (piece !== null) {
        this.#handed.push(piece);
        return { done: false, value: piece.memory.subarray(0, piece.length) };
      }
      if (this.#end !== null) {
        if (this.#end.error !== null) throw this.#end.error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        this.#came = resolve;
      });
    }
  }

  /** What came of a last piece. */
  #begun(): Piece | null {
    const piece = this.#filling;
    this.#filling = null;
    return piece;
  }

  #giveBack(): void {
    const piece = this.#handed.shift();
    if (piece === undefined) return;
    const wasFull = !this.hasRoom;
    piece.length = 0;
    this.#free.push(piece);
    if (wasFull && this.hasRoom) this.#resume();
  }

  #tell(): void {
    const came = this.#came;
    this.#came = null;
    came?.();
  }
}
