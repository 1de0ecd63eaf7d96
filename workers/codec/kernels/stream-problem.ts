/** What can be wrong with a deflate or zlib stream; workers/codec/wasm-kernels.ts has the sentences. */
export const TRUNCATED: i32 = -1;
export const TOO_LARGE: i32 = -2;
export const BLOCK_TYPE: i32 = -3;
export const STORED_LENGTH: i32 = -4;
export const CODE_COUNTS: i32 = -5;
export const CODE_LENGTHS: i32 = -6;
export const LITLEN_CODE: i32 = -7;
export const DISTANCE_CODE: i32 = -8;
export const NO_END: i32 = -9;
export const INVALID_CODE: i32 = -10;
export const DISTANCE: i32 = -11;
export const ZLIB_HEADER: i32 = -12;
export const DICTIONARY: i32 = -13;
export const CHECKSUM: i32 = -14;
