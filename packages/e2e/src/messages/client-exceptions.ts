/** Errors that clients throw before a call, and errors of calls. */
import { HelloClient } from "@hello/client";
import { ClientChannel } from "@hello/grpc-client";
import { createCertificates } from "@hello/testing/certificates";
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { invalidCallOptions } from "@hello/testing/invalid-call-options";
import { invalidMethodConfigs, invalidOptions, invalidTargets } from "@hello/testing/invalid-client-options";
import type { Chapter, Section } from "./catalogue.js";
import { catchError, catchErrors, formatCode } from "./catch-error.js";
import { EchoClient } from "./echo-client.js";

const target = "localhost:1";
const request = new EchoRequest().setValue("World");

/** Collects the errors of invalid options, targets and arguments of clients. */
export async function collectClientExceptions(): Promise<Chapter> {
  return {
    title: "Errors of clients",
    text: "Constructors and calls of `HelloClient`, and of every other client, throw a `TypeError` for invalid arguments.",
    sections: [
      {
        title: "Targets",
        text: "First argument of a client, and `--target`.",
        columns: ["target", "error"],
        examples: [
          ...(await catchErrors(Object.keys(invalidTargets), (text) => new HelloClient(text))),
          await catchError("`undefined`", () => new HelloClient(undefined as unknown as string)),
          await catchError("a `ClientChannel` and options", () => new HelloClient(new ClientChannel(target), {})),
        ],
      },
      {
        title: "Client options",
        text: "Second argument of a client. The flags of `hello-client` have the same ranges.",
        columns: ["options", "error"],
        examples: [
          ...(await catchErrors(invalidOptions, ([options]) => construct(options), format)),
          ...(await catchErrors(
            invalidMethodConfigs,
            ([config]) => construct({ serviceConfig: { methodConfig: [config] } }),
            ([config]) => formatCode({ serviceConfig: { methodConfig: [config] } }),
          )),
        ],
      },
      await collectCertificateErrors(),
      {
        title: "Call options",
        text: "Last argument of a call.",
        columns: ["options", "error"],
        examples: [
          ...(await catchErrors(invalidCallOptions, ([options]) => call({}, options), format)),
          await catchError("`{ parent: {} }`", () => call({}, { parent: {} })),
          ...(await catchErrors(invalidMetadata, (metadata) => call({}, { metadata }), formatMetadata)),
          await catchError("`authorization` without TLS", () => call({}, { metadata: { authorization: "Bearer a" } })),
          await catchError("`authorization` and a token", () =>
            call({ tls: true, token: "abc" }, { metadata: { authorization: "Bearer a" } }),
          ),
        ],
      },
      {
        title: "Requests and methods",
        text: "",
        columns: ["argument", "error"],
        examples: [
          await catchError("`client.hello(5)`", async () => {
            await using client = new HelloClient(target);
            return await client.hello(5 as unknown as string);
          }),
          await catchError("`client.checkHealth(5)`", async () => {
            await using client = new HelloClient(target);
            return await client.checkHealth(5 as unknown as string);
          }),
          await catchError("a request of another type", () => use((client) => client.echo("World"))),
          await catchError("requests that cannot be iterated", () => use((client) => client.collect(5))),
          await catchError("a unary call of a server stream", () =>
            use((client) => client.call(EchoService.serverStream, request)),
          ),
          await catchError("a unary call of a client stream", () =>
            use((client) => client.call(EchoService.clientStream, request)),
          ),
        ],
      },
    ],
  };
}

const invalidMetadata: readonly object[] = [
  { "grpc-timeout": "1S" },
  { ":path": "/" },
  { "x id": "1" },
  { "x-id": "é" },
  { host: ["a", "b"] },
  { "x-id": "a".repeat(70_000) },
];

function formatMetadata(metadata: object): string {
  return formatCode({ metadata }).replace(/a{9,}/, "…");
}

function construct(options: unknown): void {
  new HelloClient(target, options as object).close();
}

async function use(action: (client: EchoClient) => Promise<unknown>, options: object = {}): Promise<unknown> {
  await using client = new EchoClient(target, options);
  return await action(client);
}

function call(options: object, callOptions: unknown): Promise<unknown> {
  return use((client) => client.echo(request, callOptions as object), options);
}

function format([options]: readonly [options: unknown, message: RegExp]): string {
  return formatCode(options);
}

async function collectCertificateErrors(): Promise<Section> {
  await using certificates = await createCertificates();
  const { client, untrusted } = certificates;
  const damaged = client.cert.replace(/[A-Za-z]{40}/, "A".repeat(40));
  return {
    title: "Certificates of clients",
    text: "",
    columns: ["option `tls`", "error"],
    examples: [
      await catchError("the key of another certificate", () =>
        construct({ tls: { cert: client.cert, key: untrusted.client.key } }),
      ),
      await catchError("a damaged certificate", () => construct({ tls: { cert: damaged, key: client.key } })),
    ],
  };
}
