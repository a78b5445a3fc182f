import { loadErrorDetailsProtocol, loadStatusProtocol } from "@hello/grpc-common";
import type { ErrorDetail } from "./error-details.js";

/**
 * Decodes the `google.rpc.Status` in `grpc-status-details-bin`. Returns an empty list if it is missing or malformed.
 */
export function decodeStatusDetails(encoded: string | Uint8Array | undefined): ErrorDetail[] {
  if (!(encoded instanceof Uint8Array)) {
    return [];
  }
  try {
    const details = loadStatusProtocol().Status.deserializeBinary(encoded).getDetailsList();
    return details.map((any) => decodeDetail(any.getTypeUrl(), any.getValue_asU8()));
  } catch {
    // Malformed details must not replace the status that the server sent.
    return [];
  }
}

function decodeDetail(typeUrl: string, value: Uint8Array): ErrorDetail {
  const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  if (Object.hasOwn(decoders, type)) {
    try {
      return { type, ...decoders[type as keyof Decoders](value) } as ErrorDetail;
    } catch {
      // The malformed detail is returned undecoded below.
    }
  }
  return { type: "unknown", typeUrl, value };
}

/** Decoders of the known details by type. */
type Decoders = { readonly [Type in Exclude<ErrorDetail["type"], "unknown">]: (bytes: Uint8Array) => Fields<Type> };
type Fields<Type> = Omit<Extract<ErrorDetail, { readonly type: Type }>, "type">;

const decoders: Decoders = {
  "google.rpc.BadRequest"(bytes) {
    const { fieldViolationsList } = loadErrorDetailsProtocol().BadRequest.deserializeBinary(bytes).toObject();
    return {
      fieldViolations: fieldViolationsList.map(({ field, description, reason }) => ({ field, description, reason })),
    };
  },
  "google.rpc.ErrorInfo"(bytes) {
    const { metadataMap, ...info } = loadErrorDetailsProtocol().ErrorInfo.deserializeBinary(bytes).toObject();
    return { ...info, metadata: Object.fromEntries(metadataMap) };
  },
  "google.rpc.RetryInfo"(bytes) {
    const { retryDelay } = loadErrorDetailsProtocol().RetryInfo.deserializeBinary(bytes).toObject();
    return { retryDelayMs: (retryDelay?.seconds ?? 0) * 1_000 + (retryDelay?.nanos ?? 0) / 1_000_000 };
  },
  "google.rpc.DebugInfo"(bytes) {
    const { stackEntriesList, detail } = loadErrorDetailsProtocol().DebugInfo.deserializeBinary(bytes).toObject();
    return { stackEntries: stackEntriesList, detail };
  },
  "google.rpc.QuotaFailure"(bytes) {
    const { violationsList } = loadErrorDetailsProtocol().QuotaFailure.deserializeBinary(bytes).toObject();
    return { violations: violationsList.map(({ subject, description }) => ({ subject, description })) };
  },
  "google.rpc.PreconditionFailure"(bytes) {
    const { violationsList } = loadErrorDetailsProtocol().PreconditionFailure.deserializeBinary(bytes).toObject();
    return { violations: violationsList };
  },
  "google.rpc.RequestInfo": (bytes) => loadErrorDetailsProtocol().RequestInfo.deserializeBinary(bytes).toObject(),
  "google.rpc.ResourceInfo": (bytes) => loadErrorDetailsProtocol().ResourceInfo.deserializeBinary(bytes).toObject(),
  "google.rpc.Help"(bytes) {
    const { linksList } = loadErrorDetailsProtocol().Help.deserializeBinary(bytes).toObject();
    return { links: linksList };
  },
  "google.rpc.LocalizedMessage": (bytes) =>
    loadErrorDetailsProtocol().LocalizedMessage.deserializeBinary(bytes).toObject(),
};
