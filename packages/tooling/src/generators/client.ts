/** Client classes: their methods and tests. */
import type { RpcKind } from "./contract.js";
import { addImport, addToClass } from "./edits.js";
import { spellMethod, spellService } from "./names.js";
import type { Plan } from "./plan.js";

/** Server that the test of a client calls. */
export interface TestedServer {
  /** Imports that create it. */
  readonly imports: string;
  /** Expression that creates it. */
  readonly expression: string;
}

/** Adds a client with one RPC, and its test, to a package. */
export function addClient(
  plan: Plan,
  scope: string,
  folder: string,
  service: string,
  rpc: string,
  server: TestedServer,
): void {
  const file = `${folder}/src/${spellService(service).kebab}-client.ts`;
  plan.add(
    file,
    `import { ServiceClient } from "${scope}/grpc-client";
import { ${service}Service } from "${scope}/proto";

/** Client of the ${service} service. */
export class ${service}Client extends ServiceClient {
}
`,
  );
  plan.add(
    file.replace(/\.ts$/, ".test.ts"),
    `import assert from "node:assert/strict";
import { after, test } from "node:test";
${server.imports}
import { ${service}Client } from "./${spellService(service).kebab}-client.js";

const server = ${server.expression};
const [address = ""] = await server.start();
const client = new ${service}Client(address);
after(async () => {
  client.close();
  await server.shutdown();
});
`,
  );
  addMethod(plan, scope, file, service, rpc, "unary");
}

/** Adds an RPC to a client and its test. */
export function addMethod(plan: Plan, scope: string, file: string, service: string, rpc: string, kind: RpcKind): void {
  const options = kind === "unary" ? "CallOptions" : "StreamOptions";
  plan.edit(file, (source) => {
    const imported = addImport(source, [`${rpc}Request`], `${scope}/proto`);
    return addToClass(
      addImport(imported, [`type ${options}`], `${scope}/grpc-client`),
      file,
      method(service, rpc, kind, options),
    );
  });
  plan.edit(file.replace(/\.ts$/, ".test.ts"), (source) => `${source}\n${testOf(rpc, kind)}`);
}

function method(service: string, rpc: string, kind: RpcKind, options: string): string {
  const name = spellMethod(rpc);
  const call = { unary: "unary", "server-stream": "serverStream", "client-stream": "clientStream", bidi: "bidiStream" };
  const takesStream = kind === "client-stream" || kind === "bidi";
  const yields = kind === "server-stream" || kind === "bidi";
  const parameter = takesStream ? "values: Iterable<string> | AsyncIterable<string>" : "value: string";
  const request = takesStream ? "requests()" : `new ${rpc}Request().setValue(value)`;
  const made = `this.${call[kind]}(${service}Service.${name}, ${request}, options)`;
  const requests = `    async function* requests() {
      for await (const value of values) {
        yield new ${rpc}Request().setValue(value);
      }
    }
`;
  const body = yields
    ? `    for await (const response of ${made}) {
      yield response.getValue();
    }`
    : `    const response = await ${made};
    return response.getValue();`;
  return `  /**
   * Calls ${rpc}${yields ? " and yields the responses as they arrive" : ""}.
   *
   * @throws RpcError if the call fails.
   */
  async ${yields ? "*" : ""}${name}(${parameter}, options?: ${options}): ${
    yields ? "AsyncGenerator<string, void, undefined>" : "Promise<string>"
  } {
${takesStream ? requests : ""}${body}
  }
`;
}

function testOf(rpc: string, kind: RpcKind): string {
  const name = spellMethod(rpc);
  const takesStream = kind === "client-stream" || kind === "bidi";
  const call = `client.${name}(${takesStream ? '["Ada", "Grace"]' : '"World"'})`;
  const body =
    kind === "unary" || kind === "client-stream"
      ? `  assert.equal(await ${call}, "${takesStream ? "Ada Grace" : "World"}");`
      : `  const values: string[] = [];
  for await (const value of ${call}) {
    values.push(value);
  }
  assert.deepEqual(values, ${takesStream ? '["Ada", "Grace"]' : '["World"]'});`;
  return `test("calls ${rpc} over a socket", async () => {
${body}
});
`;
}
