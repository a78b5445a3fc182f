/** Contracts: the .proto file of a service, and the file of packages/proto that exports its generated code. */
import { addExport } from "./edits.js";
import { spellService } from "./names.js";
import { GeneratorError, type Plan } from "./plan.js";

/** Kinds of RPC. */
export const rpcKinds = ["unary", "server-stream", "client-stream", "bidi"] as const;

/** Kind of RPC. */
export type RpcKind = (typeof rpcKinds)[number];

/** Entry point of the package with the contracts. */
const index = "packages/proto/src/index.ts";

/** Comment of an RPC of each kind. */
export const rpcComments: Readonly<Record<RpcKind, string>> = {
  unary: "Answers one request.",
  "server-stream": "Answers one request with a stream of responses.",
  "client-stream": "Answers a stream of requests with one response.",
  bidi: "Answers each request of a stream with a response.",
};

/** Adds the contract of a service with one unary RPC. */
export function addContract(plan: Plan, service: string, rpc: string): void {
  const { kebab, snake } = spellService(service);
  rejectTakenNames(plan, service, rpc);
  plan.add(
    `packages/proto/protos/${snake}.proto`,
    `// The contract of the ${service} service.
syntax = "proto3";

package ${snake}.v1;

${messages(rpc)}
// The ${service} service.
service ${service} {
${method(rpc, "unary")}}
`,
  );
  plan.add(
    `packages/proto/src/${kebab}.ts`,
    `import { ${service}Service } from "../gen/${snake}_grpc_pb.js";
import { attachDescriptorSet } from "./descriptor-set.js";

attachDescriptorSet(${service}Service);

export { ${service}Service } from "../gen/${snake}_grpc_pb.js";
export { ${rpc}Request, ${rpc}Response } from "../gen/${snake}_pb.js";
`,
  );
  plan.edit(index, (source) => `${source}export * from "./${kebab}.js";\n`);
}

/** Adds an RPC to the contract of a service. */
export function addToContract(plan: Plan, service: string, rpc: string, kind: RpcKind): void {
  const { kebab } = spellService(service);
  const file = findContract(plan, service);
  if (file === undefined) {
    throw new GeneratorError(`no file in packages/proto/protos declares a service ${service}`);
  }
  rejectTakenNames(plan, undefined, rpc);
  plan.edit(file, (source) => {
    const [whole = "", comments = "", body = ""] = findService(source, service) ?? [];
    const start = source.indexOf(whole);
    const methods = body.trim() === "" ? "\n" : `${body.trimEnd()}\n\n`;
    return `${source.slice(0, start)}${messages(rpc)}
${comments}service ${service} {${methods}${method(rpc, kind)}}${source.slice(start + whole.length)}`;
  });
  const generated = file.replace(/^packages\/proto\/protos\/(.*)\.proto$/, "../gen/$1_pb.js");
  plan.edit(`packages/proto/src/${kebab}.ts`, (source) =>
    addExport(source, [`${rpc}Request`, `${rpc}Response`], generated),
  );
}

/** Finds the file that declares a service. */
function findContract(plan: Plan, service: string): string | undefined {
  return plan
    .list(/^packages\/proto\/protos\/.*\.proto$/)
    .find((file) => findService(plan.read(file), service) !== null);
}

/** Finds a service and the comments above it. The options of its RPCs may contain braces. */
function findService(source: string, service: string): RegExpExecArray | null {
  return new RegExp(`^((?://.*\\n)*)service ${service} \\{((?:[^{}]|\\{[^{}]*\\})*)\\}`, "m").exec(source);
}

/** @throws GeneratorError if a contract already contains the service or the messages of the RPC. */
function rejectTakenNames(plan: Plan, service: string | undefined, rpc: string): void {
  for (const file of plan.list(/\.proto$/)) {
    const source = plan.read(file);
    if (service !== undefined && new RegExp(`^service ${service}\\b`, "m").test(source)) {
      throw new GeneratorError(`${file} already has a service ${service}`);
    }
    // Names must be unique in packages/proto only, which exports the messages of all its contracts together.
    const [message] = file.startsWith("packages/proto/")
      ? (new RegExp(`^(?:message|enum) ${rpc}(?:Request|Response)\\b`, "m").exec(source) ?? [])
      : [];
    if (message !== undefined) {
      throw new GeneratorError(`${file} already has a ${message}: choose another name for the RPC`);
    }
  }
}

function messages(rpc: string): string {
  return ["Request", "Response"]
    .map(
      (part) => `// The ${part.toLowerCase()} of ${rpc}.
message ${rpc}${part} {
  string value = 1;
}
`,
    )
    .join("\n");
}

function method(rpc: string, kind: RpcKind): string {
  const request = `${kind === "client-stream" || kind === "bidi" ? "stream " : ""}${rpc}Request`;
  const response = `${kind === "server-stream" || kind === "bidi" ? "stream " : ""}${rpc}Response`;
  return `  // ${rpcComments[kind]}
  rpc ${rpc}(${request}) returns (${response}) {}
`;
}
