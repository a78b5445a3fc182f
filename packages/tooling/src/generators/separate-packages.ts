import { addClient } from "./client.js";
import { manifestOf } from "./manifest.js";
import { spellService } from "./names.js";
import type { Plan } from "./plan.js";
import { addServicer } from "./servicer.js";

/** Adds packages for a server and a client, with the scripts and settings of packages/server and packages/client. */
export function addPackages(plan: Plan, scope: string, service: string, rpc: string): void {
  const { kebab, snake } = spellService(service);
  const server = `packages/${kebab}-server`;
  const { [`${scope}/server`]: _server, ...devDependencies } = manifestOf(plan, "packages/client").devDependencies;
  addPackage(plan, "packages/server", server, {
    name: `${scope}/${kebab}-server`,
    description: `The ${service} gRPC service and the process that runs it`,
    bin: { [`${kebab}-server`]: "./dist/main.js" },
    devDependencies,
  });
  plan.add(
    `${server}/README.md`,
    `# ${scope}/${kebab}-server

The ${service} gRPC service, as a program. In the repository, start it with

\`\`\`sh
pnpm --filter ${kebab}-server start
\`\`\`

It serves until SIGINT or SIGTERM; \`--help\` lists its options.
`,
  );
  plan.add(
    `${server}/src/index.ts`,
    `/** The ${service} service, for programs and tests that run it in their own process. */
export { ${service}Servicer } from "./${kebab}-servicer.js";
`,
  );
  plan.add(
    `${server}/src/main.ts`,
    `#!/usr/bin/env node
import { bindService } from "${scope}/grpc-server";
import { runServer } from "${scope}/grpc-server/run";
import { ${service}Service } from "${scope}/proto";
import { ${service}Servicer } from "./${kebab}-servicer.js";

const services = [bindService(${service}Service, new ${service}Servicer())];
await runServer({ name: "${kebab}-server", envPrefix: "${snake.toUpperCase()}", services });
`,
  );
  addServicer(plan, scope, server, service, rpc);

  const client = `packages/${kebab}-client`;
  const { prestart, start, deploy, ...scripts } = manifestOf(plan, "packages/client").scripts;
  addPackage(plan, "packages/client", client, {
    name: `${scope}/${kebab}-client`,
    description: `${service}Client, a client of the ${service} gRPC service`,
    bin: undefined,
    scripts,
    devDependencies: {
      [`${scope}/${kebab}-server`]: "workspace:*",
      [`${scope}/grpc-server`]: "workspace:*",
      ...devDependencies,
    },
  });
  plan.add(
    `${client}/README.md`,
    `# ${scope}/${kebab}-client

A client of the ${service} gRPC service.

\`\`\`ts
import { ${service}Client } from "${scope}/${kebab}-client";

await using client = new ${service}Client("localhost:50051");
\`\`\`

Its options and errors are those of \`${scope}/grpc-client\`.
`,
  );
  plan.add(
    `${client}/src/index.ts`,
    `/** Client of the ${service} service. */
export type * from "${scope}/grpc-client";
export { ClientChannel, RpcError } from "${scope}/grpc-client";
export { ${service}Client } from "./${kebab}-client.js";
`,
  );
  addClient(plan, scope, client, service, rpc, {
    imports: `import { ${service}Servicer } from "${scope}/${kebab}-server";
import { bindService, createServer } from "${scope}/grpc-server";
import { ${service}Service } from "${scope}/proto";`,
    expression: `createServer({ addresses: ["127.0.0.1:0"], services: [bindService(${service}Service, new ${service}Servicer())] })`,
  });
}

/** Adds the manifest and compiler settings of a package, copied from another package. */
function addPackage(plan: Plan, model: string, folder: string, changes: object): void {
  plan.add(`${folder}/package.json`, JSON.stringify({ ...manifestOf(plan, model), ...changes }, null, 2));
  for (const file of ["tsconfig.json", "tsconfig.build.json"]) {
    plan.add(`${folder}/${file}`, plan.read(`${model}/${file}`));
  }
}
