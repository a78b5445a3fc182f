import { Metadata, type StatusObject, type status } from "@grpc/grpc-js";

/** Creates a status for a failure that the client detects itself. */
export function createLocalStatus(code: status, details: string): StatusObject {
  return { code, details, metadata: new Metadata() };
}
