import { addMethod } from "./client.js";
import { addToContract, type RpcKind } from "./contract.js";
import { scopeOf } from "./manifest.js";
import { spellService } from "./names.js";
import { GeneratorError, Plan } from "./plan.js";
import { addHandler } from "./servicer.js";

/** Answers that {@link planRpc} needs. */
export interface RpcAnswers {
  readonly service: string;
  readonly rpc: string;
  readonly kind: RpcKind;
}

/**
 * Plans an RPC for an existing service.
 *
 * @throws GeneratorError if the service is missing, or a name is taken.
 */
export function planRpc(root: string, { service, rpc, kind }: RpcAnswers): Plan {
  const plan = new Plan(root);
  const scope = scopeOf(plan);
  addToContract(plan, service, rpc, kind);
  addHandler(plan, scope, findFile(plan, service, "servicer"), service, rpc, kind);
  addMethod(plan, scope, findFile(plan, service, "client"), service, rpc, kind);
  return plan;
}

/** Finds the file with the servicer or the client of a service. */
function findFile(plan: Plan, service: string, part: "servicer" | "client"): string {
  const name = `${spellService(service).kebab}-${part}.ts`;
  const files = plan.list(new RegExp(`^packages/[^/]+/src/${name.replace(".", "\\.")}$`));
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new GeneratorError(
      file === undefined ? `no package has src/${name}` : `several packages have src/${name}: ${files.join(", ")}`,
    );
  }
  return file;
}
