/** Typed code that grpc-tools generates from the contracts. */

export * from "./hello.js";
