import { readFileSync } from "node:fs";
import { list, type Option, type OptionTable, reasonOf, text, toggle } from "@hello/grpc-common";
import { type MetadataInit, toGrpcMetadata } from "../calls/metadata.js";
import { type ClientOptionValues, clientOptionTable } from "../channel/client-options.js";

/** Values of the options that every client program has. */
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

/** Creates the options that every client program has. Their names give the flags and the variables. */
export function programOptionTable(defaultTarget: string): OptionTable<ProgramOptionValues> {
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
    metadata: metadata(),
    tls: toggle("use TLS and trust the authorities that Node trusts; each --tls-... option implies it", false),
    tlsCa: pemFile("authorities to trust instead"),
    tlsCert: pemFile("certificate of the client, with its chain, for mutual TLS", ["tlsKey"]),
    tlsKey: pemFile("private key of --tls-cert", ["tlsCert"]),
    tlsServerName: text("name that the server's certificate must have, instead of the target's host", {
      placeholder: "name",
    }),
    allowPlaintextToken,
    ...others,
    health: toggle("print the health of a service, by default of the whole server, instead", false),
    watch: { ...toggle("with --health: print the health now and at every change", false), needs: ["health"] },
    json: toggle("print one JSON object a line, failures included", false),
  };
}

function pemFile(help: string, needs: readonly string[] = []): Option<Buffer | undefined> {
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

function metadata(): Option<MetadataInit | undefined> {
  const option = list("metadata to send; base64 for a key that ends in -bin", {
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
