/**
 * Numbers of the NBD protocol (https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md): fixed newstyle negotiation,
 * structured replies, metadata contexts. All integers on the wire are big-endian.
 */

/** "NBDMAGIC", then "IHAVEOPT": how a newstyle server begins. */
export const GREETING_MAGIC = 0x4e42444d41474943n;
export const OPTION_MAGIC = 0x49484156454f5054n;
export const OPTION_REPLY_MAGIC = 0x0003e889045565a9n;
export const REQUEST_MAGIC = 0x25609513;
export const SIMPLE_REPLY_MAGIC = 0x67446698;
export const STRUCTURED_REPLY_MAGIC = 0x668e33ef;

/** Handshake flags, the server's and (same bits) the client's. */
export const HANDSHAKE = { fixedNewstyle: 1, noZeroes: 2 } as const;

export const OPTION = { abort: 2, startTls: 5, go: 7, structuredReply: 8, setMetaContext: 10 } as const;

/** Option replies; those with the highest bit are errors. */
export const REPLY = { ack: 1, info: 3, metaContext: 4 } as const;

export const REPLY_ERROR_BIT = 0x80000000;

/** What the errors of option replies mean, by number without the error bit. */
export const REPLY_ERRORS: Readonly<Record<number, string>> = {
  1: "it does not know this option",
  2: "its policy forbids it",
  3: "it calls the request invalid",
  4: "its platform does not support it",
  5: "it wants TLS",
  6: "there is no such export",
  7: "it is shutting down",
  8: "it wants to be asked for block sizes",
  9: "the request is too big",
};

export const INFO = { export: 0, blockSize: 3 } as const;

export const TRANSMISSION = { readOnly: 2, multiConn: 0x100 } as const;

export const COMMAND = { read: 0, disconnect: 2, blockStatus: 7 } as const;

/** Structured reply chunks; those with bit 15 are errors. */
export const CHUNK = { none: 0, offsetData: 1, offsetHole: 2, blockStatus: 5, errorOffset: 0x8002 } as const;
export const CHUNK_ERROR_BIT = 0x8000;
export const CHUNK_DONE = 1;

/** Flags of base:allocation: not allocated; reads as zeros. */
export const ALLOCATION = { hole: 1, zero: 2 } as const;

export const BASE_ALLOCATION = "base:allocation";

/** Names of the error numbers the protocol knows. */
export const ERRNO: Readonly<Record<number, string>> = {
  1: "EPERM",
  5: "EIO",
  12: "ENOMEM",
  22: "EINVAL",
  28: "ENOSPC",
  75: "EOVERFLOW",
  95: "ENOTSUP",
  108: "ESHUTDOWN",
};
