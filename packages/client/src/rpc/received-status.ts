import { type StatusObject, status } from "@grpc/grpc-js";

/** The status that grpc-js hands on, made whole: it has no code where a message could not be decompressed. */
export function receivedStatus({
  code,
  details,
  metadata,
}: Partial<StatusObject> & Pick<StatusObject, "metadata">): StatusObject {
  return {
    code: code ?? status.INTERNAL,
    details: details ?? "the response cannot be decompressed",
    metadata,
  };
}

/** The text of the status with which a call ends whose response cannot be decoded. */
export function cannotDecode(error: unknown): string {
  return `the response cannot be decoded: ${reasonOf(error)}`;
}

/** What an error says, or whatever else was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
