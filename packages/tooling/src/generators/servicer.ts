/** Servicers: their handlers and tests. */
import { type RpcKind, rpcComments } from "./contract.js";
import { addImport, addToClass } from "./edits.js";
import { spellMethod, spellService } from "./names.js";
import type { Plan } from "./plan.js";

/** Adds a servicer with one RPC, and its test, to a package. */
export function addServicer(plan: Plan, scope: string, folder: string, service: string, rpc: string): void {
  const file = `${folder}/src/${spellService(service).kebab}-servicer.ts`;
  plan.add(
    file,
    `import type { Servicer } from "${scope}/grpc-server";
import { type ${service}Service } from "${scope}/proto";

/** Handlers of the ${service} service. */
export class ${service}Servicer implements Servicer<typeof ${service}Service> {
}
`,
  );
  addHandler(plan, scope, file, service, rpc, "unary");
}

/** Adds an RPC to a servicer and its test. */
export function addHandler(plan: Plan, scope: string, file: string, service: string, rpc: string, kind: RpcKind): void {
  plan.edit(file, (source) =>
    addToClass(addImport(source, [`type ${rpc}Request`, `${rpc}Response`], `${scope}/proto`), file, handler(rpc, kind)),
  );
  const test = file.replace(/\.ts$/, ".test.ts");
  if (!plan.has(test)) {
    plan.add(
      test,
      `import assert from "node:assert/strict";
import { test } from "node:test";
import { ${service}Servicer } from "./${spellService(service).kebab}-servicer.js";
`,
    );
  }
  plan.edit(test, (source) => addTest(source, scope, service, rpc, kind));
}

function handler(rpc: string, kind: RpcKind): string {
  const method = spellMethod(rpc);
  const response = (value: string) => `new ${rpc}Response().setValue(${value})`;
  const [one, many] = [`request: ${rpc}Request`, `requests: AsyncIterable<${rpc}Request>`];
  const [single, stream] = [`Promise<${rpc}Response>`, `AsyncGenerator<${rpc}Response>`];
  return `  /** ${rpcComments[kind]} */
${
  {
    unary: `async ${method}(${one}): ${single} {
    return ${response("request.getValue()")};
  }`,
    "server-stream": `async *${method}(${one}): ${stream} {
    yield ${response("request.getValue()")};
  }`,
    "client-stream": `async ${method}(${many}): ${single} {
    const values: string[] = [];
    for await (const request of requests) {
      values.push(request.getValue());
    }
    return ${response('values.join(" ")')};
  }`,
    bidi: `async *${method}(${many}): ${stream} {
    for await (const request of requests) {
      yield ${response("request.getValue()")};
    }
  }`,
  }[kind]
}
`;
}

function addTest(source: string, scope: string, service: string, rpc: string, kind: RpcKind): string {
  const request = (value: string) => `new ${rpc}Request().setValue("${value}")`;
  const takesStream = kind === "client-stream" || kind === "bidi";
  const argument = takesStream ? `Readable.from([${request("Ada")}, ${request("Grace")}])` : request("World");
  const call = `new ${service}Servicer().${spellMethod(rpc)}(${argument})`;
  const body =
    kind === "unary" || kind === "client-stream"
      ? `  const response = await ${call};
  assert.equal(response.getValue(), "${takesStream ? "Ada Grace" : "World"}");`
      : `  const values: string[] = [];
  for await (const response of ${call}) {
    values.push(response.getValue());
  }
  assert.deepEqual(values, ${takesStream ? '["Ada", "Grace"]' : '["World"]'});`;
  const imported = addImport(source, [`${rpc}Request`], `${scope}/proto`);
  return `${takesStream ? addImport(imported, ["Readable"], "node:stream") : imported}
test("answers ${rpc}", async () => {
${body}
});
`;
}
