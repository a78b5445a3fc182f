import { Metadata, type MetadataOptions } from "@grpc/grpc-js";

/**
 * Metadata to send: text, or bytes under a name that ends in `-bin`; a list sends the name several times.
 *
 *     { "x-request-id": "42", "trace-bin": new Uint8Array([1, 2]) }
 */
export type MetadataInit = Readonly<Record<string, string | Uint8Array | readonly (string | Uint8Array)[]>>;

/** Metadata that was received, by lower-case name: text, or bytes under a name that ends in `-bin`. */
export type ReceivedMetadata = Readonly<Record<string, readonly (string | Uint8Array)[]>>;

/**
 * Makes the metadata that grpc-js sends.
 *
 * @throws TypeError which names the entry that gRPC cannot carry.
 */
export function toGrpcMetadata(init: MetadataInit, options: MetadataOptions): Metadata {
  const metadata = new Metadata(options);
  for (const [name, values] of Object.entries(init)) {
    // gRPC keeps these names for itself; most of them would be overwritten or break the call.
    if (/^grpc-|^:/i.test(name)) {
      throw new TypeError(`metadata "${name}" is reserved for gRPC itself`);
    }
    for (const value of Array.isArray(values) ? values : [values]) {
      try {
        metadata.add(name, value instanceof Uint8Array ? Buffer.from(value) : value);
      } catch (error) {
        throw new TypeError(`metadata "${name}" cannot be sent: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  return metadata;
}

/** Reads what grpc-js received. */
export function fromGrpcMetadata(metadata: Metadata | undefined): ReceivedMetadata {
  // Without a prototype, as any name may come from the wire.
  const received: Record<string, readonly (string | Uint8Array)[]> = Object.create(null);
  for (const [name, values] of Object.entries(metadata?.toJSON() ?? {})) {
    received[name] = values as (string | Uint8Array)[];
  }
  return received;
}
