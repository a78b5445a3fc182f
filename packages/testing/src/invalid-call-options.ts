import { Metadata } from "@grpc/grpc-js";

const symbolName = { "x-id": Symbol("id") };

/** Invalid options and the messages of their TypeErrors. */
export const invalidCallOptions: readonly (readonly [options: unknown, message: RegExp])[] = [
  [{ timeout: 5 }, /^unknown call option "timeout": the options are timeoutMs, signal, /],
  [{ timeoutMS: 5 }, /^unknown call option "timeoutMS": /],
  [{ constructor: 1 }, /^unknown call option "constructor": /],
  [null, /^options must be an object, not null$/],
  ["5s", /^options must be an object, not "5s"$/],
  [[5], /^options must be an object, not \[5\]$/],
  [new Map([["timeoutMs", 5]]), /^options must be an object, not a Map$/],
  [{ timeoutMs: "5" }, /^timeoutMs must be a number up to 2147483647, or Infinity, not "5"$/],
  [{ timeoutMs: Number.NaN }, /^timeoutMs must be a number .*, not NaN$/],
  [{ timeoutMs: null }, /^timeoutMs must be a number .*, not null$/],
  [{ signal: new AbortController() }, /^signal must be an AbortSignal, not an AbortController$/],
  [{ signal: { aborted: true } }, /^signal must be an AbortSignal, not \{"aborted":true\}$/],
  [{ signal: null }, /^signal must be an AbortSignal, not null$/],
  [{ waitForReady: "false" }, /^waitForReady must be true or false, not "false"$/],
  [{ onMetadata: {} }, /^onMetadata must be a function, not \{\}$/],
  [{ onTrailers: [] }, /^onTrailers must be a function, not \[\]$/],
  [{ metadata: new Map([["x-id", "1"]]) }, /^metadata must be a plain object, not a Map$/],
  [{ metadata: new Headers({ "x-id": "1" }) }, /^metadata must be a plain object, not a Headers$/],
  [{ metadata: new Metadata() }, /^metadata must be a plain object, not a Metadata$/],
  [{ metadata: [["x-id", "1"]] }, /^metadata must be a plain object, not \[\["x-id","1"\]\]$/],
  [{ metadata: "x-id: 1" }, /^metadata must be a plain object, not "x-id: 1"$/],
  [{ metadata: null }, /^metadata must be a plain object, not null$/],
  [
    { metadata: { "x-id": undefined } },
    /^invalid metadata "x-id": the value must be a string, or a Uint8Array .*, not undefined$/,
  ],
  [{ metadata: { "x-id": 42 } }, /^invalid metadata "x-id": the value must be a string, .*, not 42$/],
  [{ metadata: { "x-id": ["a", undefined] } }, /^invalid metadata "x-id": .*, not undefined$/],
  [{ metadata: symbolName }, /^invalid metadata "x-id": .*, not Symbol\(id\)$/],
  [{ metadata: { "x-bin": "text" } }, /^invalid metadata "x-bin": the value must be a Uint8Array, .*, not "text"$/],
];
