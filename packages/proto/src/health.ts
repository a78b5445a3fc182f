/**
 * The gRPC health checking protocol.
 *
 * Written by hand: its few messages do not weigh the 40 ms that a server would need to start with a library that parses
 * the protocol's .proto file.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import type { MethodDefinition } from "@grpc/grpc-js";
import { type Codec, codec, methodDefinition, readBytes, readFields } from "./codec.js";
import { StrictReader, StrictWriter } from "./strict-utf8.js";

/** How a service is doing; the numbers are those on the wire. */
export const ServingStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  /** Only in answers to Watch: no such service yet. */
  SERVICE_UNKNOWN: 3,
} as const;

/** One of the numbers of {@link ServingStatus}. */
export type ServingStatus = (typeof ServingStatus)[keyof typeof ServingStatus];

/** Asks for the health of a service by its full name; empty for the server as a whole. */
export interface HealthCheckRequest {
  readonly service: string;
}

/** The health of one service. */
export interface HealthCheckResponse {
  readonly status: ServingStatus;
}

/** Asks for the health of all services. */
export type HealthListRequest = Readonly<Record<string, never>>;

/** The health of all services, by full name. */
export interface HealthListResponse {
  readonly statuses: ReadonlyMap<string, HealthCheckResponse>;
}

const checkRequest = codec<HealthCheckRequest>(
  ({ service }, writer) => {
    if (service !== "") {
      writer.writeString(1, service);
    }
  },
  (reader) => {
    let service = "";
    readFields(reader, { 1: () => (service = reader.readString()) });
    return { service };
  },
);

const checkResponse = codec<HealthCheckResponse>(
  ({ status }, writer) => {
    if (status !== ServingStatus.UNKNOWN) {
      writer.writeEnum(1, status);
    }
  },
  (reader) => {
    let status: number = ServingStatus.UNKNOWN;
    readFields(reader, { 1: () => (status = reader.readEnum()) });
    return { status: status as ServingStatus };
  },
);

const listRequest = codec<HealthListRequest>(
  () => undefined,
  (reader) => {
    readFields(reader, {});
    return {};
  },
);

const listResponse = codec<HealthListResponse>(
  ({ statuses }, writer) => {
    for (const [service, response] of statuses) {
      // A map entry: its key is field 1, its value field 2.
      const entry = new StrictWriter();
      entry.writeString(1, service);
      entry.writeBytes(2, checkResponse.serialize(response));
      writer.writeBytes(1, entry.getResultBuffer());
    }
  },
  (reader) => {
    const statuses = new Map<string, HealthCheckResponse>();
    const readEntry = (bytes: Uint8Array) => {
      const entry = new StrictReader(bytes);
      let service = "";
      let response: HealthCheckResponse = { status: ServingStatus.UNKNOWN };
      readFields(entry, {
        1: () => (service = entry.readString()),
        2: () => (response = checkResponse.deserialize(readBytes(entry))),
      });
      statuses.set(service, response);
    };
    readFields(reader, { 1: () => readEntry(readBytes(reader)) });
    return { statuses };
  },
);

/** The definition of `grpc.health.v1.Health`, for server and client. */
export const HealthService = {
  check: method("Check", false, checkRequest, checkResponse),
  watch: method("Watch", true, checkRequest, checkResponse),
  list: method("List", false, listRequest, listResponse),
} as const;

function method<Request, Response>(
  name: string,
  responseStream: boolean,
  request: Codec<Request>,
  response: Codec<Response>,
): MethodDefinition<Request, Response> {
  return methodDefinition(`/grpc.health.v1.Health/${name}`, { responseStream, request, response });
}
