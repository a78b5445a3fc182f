import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { ChannelOptions as GrpcChannelOptions } from "@grpc/grpc-js";
import { type ChannelOptions, channelOptionNames } from "./channel-options.js";

/** Declared keys of a type, without its index signature. */
type KnownKeys<Type> = keyof { [Key in keyof Type as string extends Key ? never : Key]: Type[Key] };

/** Compiles only if two types are the same. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

test("declares the same channel options as the types of grpc-js", () => {
  const same: Same<keyof ChannelOptions, KnownKeys<GrpcChannelOptions>> = true;
  assert.ok(same);
});

test("types the values of channel options as grpc-js does", () => {
  const options = (ours: ChannelOptions): Pick<GrpcChannelOptions, KnownKeys<GrpcChannelOptions>> => ours;
  assert.deepEqual(options({ "grpc.enable_retries": 0 }), { "grpc.enable_retries": 0 });
});

test("declares every option that grpc-js recognizes at run time", () => {
  const require = createRequire(import.meta.url);
  const grpc = require("@grpc/grpc-js/build/src/channel-options.js") as { recognizedOptions: object };
  const missing = Object.keys(grpc.recognizedOptions).filter((name) => !channelOptionNames.includes(name));
  assert.deepEqual(missing, []);
  assert.ok(Object.keys(grpc.recognizedOptions).length > 20);
});
