/** Generators of `pnpm gen`: questions, plans and next steps. */
import { type RpcKind, rpcKinds } from "./contract.js";
import { findRpcNameProblem, findScopeProblem, findServiceNameProblem, spellService } from "./names.js";
import type { Plan } from "./plan.js";
import { planRename } from "./rename.js";
import { planRpc } from "./rpc.js";
import { planService } from "./service.js";

/** Answers by the names of the questions. */
export type Answers = Readonly<Record<string, string>>;

/** Question of a generator. */
export interface Question {
  /** Name of the answer. Also the name of its argument, if there are no choices. */
  readonly name: string;
  readonly message: string;
  /** Possible answers, the default first. Each is also the name of an option. */
  readonly choices?: readonly string[] | undefined;
  /** Reads the answer from an option with the name of the question, and defaults it to "". Default false. */
  readonly isOption?: boolean | undefined;
  /** Explains why an answer is invalid. Returns undefined if it is valid. */
  readonly findProblem?: ((answer: string) => string | undefined) | undefined;
}

/** Generator of `pnpm gen`. */
export interface Generator {
  readonly description: string;
  readonly questions: readonly Question[];
  /**
   * Plans the changes.
   *
   * @throws GeneratorError if they conflict with existing files.
   */
  plan(root: string, answers: Answers): Plan;
  /** Lists the next steps for the user. */
  nextSteps(answers: Answers, plan: Plan): string;
}

const service: Question = { name: "Service", message: "Name of the service", findProblem: findServiceNameProblem };
const rpc: Question = { name: "Rpc", message: "Name of the RPC", findProblem: findRpcNameProblem };
const compile = `  pnpm generate    # compiles the contract; see docs/generated-code.md if the compiler is missing
  pnpm build`;

export const generators: Readonly<Record<string, Generator>> = {
  service: {
    description: "adds a service with one unary RPC",
    questions: [
      service,
      rpc,
      {
        name: "process",
        message: "Join the process of packages/server, or create separate packages and a separate process?",
        choices: ["join", "own"],
      },
    ],
    plan: (root, { Service = "", Rpc = "", process }) =>
      planService(root, { service: Service, rpc: Rpc, separate: process === "own" }),
    nextSteps({ Service = "", process }) {
      const { kebab } = spellService(Service);
      const own = process === "own";
      const [server, client] = own ? [`${kebab}-server`, `${kebab}-client`] : ["server", "client"];
      const published = own ? ["proto", server, client] : ["proto", client];
      return `${own ? "  pnpm install     # links the new packages\n" : ""}${compile}
  pnpm ${published.map((name) => `--filter ${name} `).join("")}api    # records the new public types
  pnpm check && pnpm test
Then implement it in packages/${server}/src/${kebab}-servicer.ts.`;
    },
  },
  rpc: {
    description: "adds an RPC to a service",
    questions: [service, rpc, { name: "kind", message: "Kind of the RPC", choices: rpcKinds }],
    plan: (root, { Service = "", Rpc = "", kind = "unary" }) =>
      planRpc(root, { service: Service, rpc: Rpc, kind: kind as RpcKind }),
    nextSteps(_, plan) {
      const client = plan.edited.find((file) => file.endsWith("-client.ts"))?.split("/")[1];
      return `${compile}
  pnpm --filter proto --filter ${client} api    # records the new public types
  pnpm check && pnpm test
Then implement it in ${plan.edited.find((file) => file.endsWith("-servicer.ts"))}.`;
    },
  },
  rename: {
    description: "changes the scope of the packages, and the name Hello of the server and client",
    questions: [
      { name: "scope", message: "New scope, like @acme", findProblem: findScopeProblem },
      {
        name: "name",
        message: "New name of the server and client, like Greeter (empty: keep it)",
        isOption: true,
        findProblem: (name) => (name === "" ? undefined : findServiceNameProblem(name)),
      },
    ],
    plan: (root, { scope = "", name = "" }) => planRename(root, { scope, name }),
    nextSteps: ({ name = "" }) => `  pnpm install     # links the packages by their new names
  pnpm build
${name === "" ? "" : "  pnpm --filter e2e messages    # updates the help and the messages in docs/\n"}  pnpm check && pnpm test`,
  },
};
