import { readFileSync } from "node:fs";
import { list, type Option, type OptionTable, reasonOf, text, toggle } from "@hello/grpc-common";
import { type ClientOptionValues, clientOptionTable } from "../channel/client-options.js";
import { type MetadataInit, toGrpcMetadata } from "../metadata/metadata.js";

/** Option values common to all client programs. */
export interface ProgramOptionValues extends ClientOptionValues {
  readonly target: string;
  readonly metadata: MetadataInit | undefined;
  readonly tls: boolean;
  readonly tlsCa: Buffer | undefined;
  readonly tlsCert: Buffer | undefined;
  readonly tlsKey: Buffer | undefined;
  readonly tlsServerName: string | undefined;
  readonly health: boolean;
  readonly watch: boolean;
  readonly json: boolean;
}

/** Creates the options common to all client programs. Flags and variables are named after them. */
export function createProgramOptions(defaultTarget: string): OptionTable<ProgramOptionValues> {
  const { timeoutMs, waitForReady, allowPlaintextToken, ...others } = clientOptionTable;
  return {
    target: {
      ...text("server to call, in gRPC's name syntax, like localhost:50051, dns:///api.example:443 or unix:/path", {
        placeholder: "target",
      }),
      default: defaultTarget,
      parse: ([target = ""]) => target,
    },
    timeoutMs,
    waitForReady,
    metadata: createMetadataOption(),
    tls: toggle(
      "use TLS and trust the certificate authorities of Node; implied by every other --tls-... option",
      false,
    ),
    tlsCa: createPemFileOption("certificate authorities to trust instead of those of Node"),
    tlsCert: createPemFileOption("client certificate with its chain, for mutual TLS", ["tlsKey"]),
    tlsKey: createPemFileOption("private key of --tls-cert", ["tlsCert"]),
    tlsServerName: text("name expected in the server's certificate, instead of the target's host", {
      placeholder: "name",
    }),
    allowPlaintextToken,
    ...others,
    health: toggle("only print the health of a service, by default of the whole server", false),
    watch: { ...toggle("with --health: keep running and print every change", false), needs: ["health"] },
    json: toggle("print one JSON object per line, also for failures", false),
  };
}

function createPemFileOption(help: string, needs: readonly string[] = []): Option<Buffer | undefined> {
  return {
    ...text(`${help}, in PEM format`, { placeholder: "file", needs }),
    default: undefined,
    parse([file = ""]) {
      let pem: Buffer;
      try {
        pem = readFileSync(file);
      } catch (error) {
        throw new TypeError(reasonOf(error), { cause: error });
      }
      if (!pem.includes("-----BEGIN ")) {
        throw new TypeError(`"${file}" is not in PEM format`);
      }
      return pem;
    },
  };
}

function createMetadataOption(): Option<MetadataInit | undefined> {
  const option = list("metadata to send; the value is base64 if the key ends in -bin", {
    default: [],
    placeholder: "key=value",
    flag: "metadata",
    check: () => {},
  });
  return { ...option, default: undefined, parse: parseMetadata };
}

function parseMetadata(texts: readonly string[]): MetadataInit {
  const entries = new Map<string, (string | Uint8Array)[]>();
  for (const text of texts) {
    const [, name = "", value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    const key = name.toLowerCase();
    if (key === "") {
      throw new TypeError(`must be key=value, not "${text}"`);
    }
    if (key.endsWith("-bin") && !/^[\w+/-]*={0,2}$/.test(value)) {
      throw new TypeError(`the value of ${name} must be base64, not "${value}"`);
    }
    const entry = key.endsWith("-bin") ? Buffer.from(value, "base64") : value;
    entries.set(key, [...(entries.get(key) ?? []), entry]);
  }
  const metadata = Object.fromEntries(entries);
  toGrpcMetadata(metadata, {});
  return metadata;
}
