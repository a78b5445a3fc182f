import { status } from "@grpc/grpc-js";
import { type DescribedFile, describeService, loadReflectionProtocol } from "@hello/grpc-common";
import type { ServerCall } from "../calls/server-call.js";
import { type BoundService, bindService } from "../calls/servicer.js";
import { untilAborted } from "../calls/until-aborted.js";
import type { LazyService } from "./lazy-service.js";

type Protocol = ReturnType<typeof loadReflectionProtocol>;
type Request = InstanceType<Protocol["ServerReflectionRequest"]>;
type Response = InstanceType<Protocol["ServerReflectionResponse"]>;

/** Descriptors of the services of a server. */
export interface Descriptors {
  /** Full names of the services. */
  readonly services: readonly string[];
  /** Files that declare the services, and all their imports. */
  readonly files: readonly DescribedFile[];
}

/**
 * Creates server reflection, v1 and v1alpha, with which tools like `buf curl` and grpcurl need no .proto file.
 *
 * @param describe Returns the descriptors. Called at the first request, and again only if it throws.
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function createReflection(describe: () => Descriptors): LazyService[] {
  let descriptors: Descriptors | undefined;
  return (["v1", "v1alpha"] as const).map((version) => ({
    name: `grpc.reflection.${version}.ServerReflection`,
    load() {
      const protocol = loadReflectionProtocol(version);
      return bindService(protocol.ServerReflectionService, {
        async *serverReflectionInfo(requests: AsyncIterable<Request>, call: ServerCall) {
          for await (const request of untilAborted(requests, call.draining)) {
            descriptors ??= describe();
            yield answer(protocol, request, descriptors);
          }
        },
      });
    },
  }));
}

/** Returns descriptors of services: the files that declare them, and all imports of those files. */
export function describeServices(services: readonly Pick<BoundService, "name" | "definition">[]): Descriptors {
  const files = services.flatMap(({ name, definition }) => {
    const known = describeService(definition);
    const file = known.find(({ symbols }) => symbols.includes(name));
    return file === undefined ? [] : withImports(file, known);
  });
  return {
    services: services.map(({ name }) => name),
    files: [...new Map(files.map((file) => [file.name, file])).values()],
  };
}

function answer(protocol: Protocol, request: Request, { services, files }: Descriptors): Response {
  const { ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse } = protocol;
  const { ServerReflectionRequest, ServerReflectionResponse, ServiceResponse } = protocol;
  const response = new ServerReflectionResponse().setValidHost(request.getHost()).setOriginalRequest(request);
  const fail = (code: number, message: string) =>
    response.setErrorResponse(new ErrorResponse().setErrorCode(code).setErrorMessage(message));
  const fileResponse = (matches: (file: DescribedFile) => boolean, subject: string) => {
    const file = files.find(matches);
    return file === undefined
      ? fail(status.NOT_FOUND, `${subject} not found`)
      : response.setFileDescriptorResponse(
          new FileDescriptorResponse().setFileDescriptorProtoList(withImports(file, files).map(({ bytes }) => bytes)),
        );
  };

  const kinds = ServerReflectionRequest.MessageRequestCase;
  switch (request.getMessageRequestCase()) {
    case kinds.LIST_SERVICES:
      return response.setListServicesResponse(
        new ListServiceResponse().setServiceList(services.map((name) => new ServiceResponse().setName(name))),
      );
    case kinds.FILE_BY_FILENAME: {
      const name = request.getFileByFilename();
      return fileResponse((file) => file.name === name, `file "${name}"`);
    }
    case kinds.FILE_CONTAINING_SYMBOL: {
      const symbol = request.getFileContainingSymbol();
      return fileResponse(({ symbols }) => symbols.includes(symbol), `symbol "${symbol}"`);
    }
    case kinds.FILE_CONTAINING_EXTENSION: {
      const extension = request.getFileContainingExtension();
      const type = extension?.getContainingType() ?? "";
      const number = extension?.getExtensionNumber() ?? 0;
      return fileResponse(
        ({ extensions }) => extensions.some((known) => known.type === type && known.number === number),
        `extension ${number} of "${type}"`,
      );
    }
    case kinds.ALL_EXTENSION_NUMBERS_OF_TYPE: {
      const type = request.getAllExtensionNumbersOfType();
      if (!files.some(({ symbols }) => symbols.includes(type))) {
        return fail(status.NOT_FOUND, `type "${type}" not found`);
      }
      const extensions = files.flatMap((file) => file.extensions).filter((extension) => extension.type === type);
      return response.setAllExtensionNumbersResponse(
        new ExtensionNumberResponse()
          .setBaseTypeName(type)
          .setExtensionNumberList(extensions.map(({ number }) => number)),
      );
    }
    default:
      return fail(status.UNIMPLEMENTED, "unknown kind of reflection request");
  }
}

/** Returns a file, followed by all its direct and indirect imports. */
function withImports(file: DescribedFile, files: readonly DescribedFile[]): DescribedFile[] {
  const found = new Set([file]);
  // Iterating over a set includes members added during the iteration.
  for (const { imports } of found) {
    for (const imported of files.filter(({ name }) => imports.includes(name))) {
      found.add(imported);
    }
  }
  return [...found];
}
