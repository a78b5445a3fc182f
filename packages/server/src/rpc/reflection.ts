import { type Server, type ServerDuplexStream, status } from "@grpc/grpc-js";
import {
  type DescribedFile,
  type ReflectionAnswer,
  type ReflectionQuery,
  type ReflectionRequest,
  type ReflectionResponse,
  reflectionService,
} from "@hello/proto";
import type { Logger } from "pino";

/** Server reflection on a server. */
export interface Reflection {
  /** Ends the calls of all who ask, which tools may keep open for as long as they run. */
  endStreams(): void;
}

type Stream = ServerDuplexStream<ReflectionRequest, ReflectionResponse>;

/**
 * Adds server reflection, v1 and v1alpha, so that tools like `buf curl` and grpcurl need no .proto file.
 *
 * @param describe Describes the files of the contract; called once, by the first request.
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function addReflection(server: Server, describe: () => readonly DescribedFile[], logger: Logger): Reflection {
  const streams = new Set<Stream>();
  let files: readonly DescribedFile[] | undefined;
  const respond = (stream: Stream, request: ReflectionRequest) => {
    try {
      files ??= describe();
    } catch (error) {
      logger.error({ err: error }, "the contract cannot be described");
      stream.emit("error", { code: status.INTERNAL, details: "internal error" });
      return;
    }
    if (!stream.write({ request, answer: answer(files, request.query) })) {
      // The client asks faster than it reads.
      stream.pause();
      stream.once("drain", () => stream.resume());
    }
  };
  for (const version of ["v1", "v1alpha"] as const) {
    server.addService(reflectionService(version), {
      serverReflectionInfo(stream: Stream) {
        streams.add(stream);
        stream.on("close", () => streams.delete(stream));
        stream.on("data", (request: ReflectionRequest) => respond(stream, request));
        stream.on("end", () => stream.end());
      },
    });
  }
  return {
    endStreams() {
      for (const stream of streams) {
        stream.end();
      }
    },
  };
}

function answer(files: readonly DescribedFile[], query: ReflectionQuery | undefined): ReflectionAnswer {
  switch (query?.kind) {
    case "listServices":
      return { kind: "services", names: files.flatMap(({ services }) => services) };
    case "fileByFilename":
      return fileAnswer(files, ({ name }) => name === query.name, `file "${query.name}"`);
    case "fileContainingSymbol":
      return fileAnswer(files, ({ symbols }) => symbols.includes(query.symbol), `symbol "${query.symbol}"`);
    case "allExtensionNumbersOfType":
      // proto3 knows extensions only as custom options, and this contract has none.
      return files.some(({ symbols }) => symbols.includes(query.type))
        ? { kind: "extensionNumbers", type: query.type, numbers: [] }
        : notFound(`type "${query.type}"`);
    case "fileContainingExtension":
      return notFound(`extension ${query.number} of "${query.type}"`);
    case undefined:
      return { kind: "error", code: status.UNIMPLEMENTED, message: "unknown kind of reflection request" };
  }
}

function notFound(what: string): ReflectionAnswer {
  return { kind: "error", code: status.NOT_FOUND, message: `${what} not found` };
}

/** The first file that fits, followed by all that it imports. */
function fileAnswer(
  files: readonly DescribedFile[],
  fits: (file: DescribedFile) => boolean,
  what: string,
): ReflectionAnswer {
  const first = files.find(fits);
  if (first === undefined) {
    return notFound(what);
  }
  // A set visits what is added while it is walked.
  const found = new Set([first]);
  for (const { imports } of found) {
    for (const file of files.filter(({ name }) => imports.includes(name))) {
      found.add(file);
    }
  }
  return { kind: "files", files: [...found].map(({ bytes }) => bytes) };
}
