import { access, lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { reasonOf } from "@hello/grpc-common";
import type { Address } from "./address.js";

/** Returns whether listening failed because this machine does not have the address. */
export function isMissingAddress(error: unknown): boolean {
  return ["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"].includes(errorCode(error) ?? "");
}

/** Describes why an address cannot be bound, and what to do about it. */
export async function describeBindFailure(error: unknown, address: Address): Promise<string> {
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return "path" in address ? describeTakenPath(address.path) : inUse;
    case "EACCES":
      return "path" in address ? describeDeniedPath(address.path) : describeDeniedPort(address.port);
    case "EADDRNOTAVAIL":
      return "this machine has no such address";
    case "ENOTFOUND":
      return "the host name does not resolve";
    case "EAI_AGAIN":
      return "the host name does not resolve because no name server answers";
    default:
      return reasonOf(error);
  }
}

const inUse = "it is in use; stop the other process or choose another address";

/** Describes why a path is taken. Node reports EADDRINUSE for any existing file. */
async function describeTakenPath(path: string): Promise<string> {
  const file = await lstat(path).catch(() => {
    // The file has been removed in the meantime.
  });
  return file === undefined || file.isSocket() ? inUse : "the file exists and is not a socket";
}

function describeDeniedPort(port: number): string {
  return port < 1024 ? "permission denied; ports below 1024 require privileges" : "permission denied";
}

/** Describes why a socket file cannot be created. Node reports EACCES for a missing folder, too. */
async function describeDeniedPath(path: string): Promise<string> {
  const folder = dirname(path);
  try {
    await access(folder);
    return `permission denied: cannot create a socket in ${folder}`;
  } catch (error) {
    return errorCode(error) === "ENOENT" ? `the folder ${folder} does not exist` : reasonOf(error);
  }
}

/** Returns the code of a system error, like `EADDRINUSE`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
