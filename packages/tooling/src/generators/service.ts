import { addClient } from "./client.js";
import { addContract } from "./contract.js";
import { addImport } from "./edits.js";
import { scopeOf } from "./manifest.js";
import { spellService } from "./names.js";
import { GeneratorError, Plan } from "./plan.js";
import { addPackages } from "./separate-packages.js";
import { addServicer } from "./servicer.js";

/** Answers that {@link planService} needs. */
export interface ServiceAnswers {
  readonly service: string;
  readonly rpc: string;
  /** Creates separate packages and a separate process, instead of adding the service to packages/server. */
  readonly separate: boolean;
}

/**
 * Plans a new service with one unary RPC.
 *
 * @throws GeneratorError if a file or a name is taken.
 */
export function planService(root: string, { service, rpc, separate }: ServiceAnswers): Plan {
  const plan = new Plan(root);
  const scope = scopeOf(plan);
  addContract(plan, service, rpc);
  if (separate) {
    addPackages(plan, scope, service, rpc);
  } else {
    joinPackages(plan, scope, service, rpc);
  }
  return plan;
}

/** Adds the service to packages/server and packages/client. */
function joinPackages(plan: Plan, scope: string, service: string, rpc: string): void {
  const { kebab } = spellService(service);
  addServicer(plan, scope, "packages/server", service, rpc);
  plan.edit("packages/server/src/services.ts", (source) => {
    const bound = source.replace(
      /return \[([\s\S]*?),?\s*\];/,
      (_, services: string) => `return [${services}, bindService(${service}Service, new ${service}Servicer())];`,
    );
    if (bound === source) {
      throw new GeneratorError("packages/server/src/services.ts has no list of services to add to");
    }
    const imported = addImport(bound, [`${service}Service`], `${scope}/proto`);
    return addImport(imported, [`${service}Servicer`], `./${kebab}-servicer.js`);
  });
  const [, create] = /^export function (create\w+)/m.exec(plan.read("packages/server/src/server.ts")) ?? [];
  if (create === undefined) {
    throw new GeneratorError("packages/server/src/server.ts has no function that creates a server");
  }
  addClient(plan, scope, "packages/client", service, rpc, {
    imports: `import { ${create} } from "${scope}/server";`,
    expression: `${create}({ addresses: ["127.0.0.1:0"] })`,
  });
  plan.edit(
    "packages/client/src/index.ts",
    (source) => `${source}export { ${service}Client } from "./${kebab}-client.js";\n`,
  );
}
