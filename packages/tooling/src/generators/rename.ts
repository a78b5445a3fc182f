import { scopeOf, serviceNameOf } from "./manifest.js";
import { spellService } from "./names.js";
import { Plan } from "./plan.js";

/** Answers that {@link planRename} needs. */
export interface RenameAnswers {
  /** New scope, including the `@`. */
  readonly scope: string;
  /**
   * New name in PascalCase for the programs, classes and environment variables. An empty name keeps the current one.
   */
  readonly name: string;
}

/** Files with the names of the contract and of the code generated from it. */
const contractFiles = /\/(gen|protos|python)\/|^packages\/proto\/(src\/|api\.md$)/;

/**
 * Plans a change of the scope of all packages, and of the name of their programs and classes: in code, manifests,
 * lockfile and documentation. The contract keeps its names, so that deployed clients keep working.
 */
export function planRename(root: string, { scope, name }: RenameAnswers): Plan {
  const plan = new Plan(root);
  const oldScope = new RegExp(`${scopeOf(plan)}(?![\\w-])`, "g");
  const renameService = name === "" ? (text: string) => text : createServiceRename(plan, name);
  for (const file of plan.listAll()) {
    plan.edit(file, (content) => {
      const renamed = content.replace(oldScope, scope);
      // The API report lists packages in alphabetical order.
      return !file.endsWith("/api.md")
        ? renamed
        : renamed.replace(
            /^(Types from other packages: )(.*)\.$/m,
            (_, label: string, names: string) => `${label}${names.split(", ").sort().join(", ")}.`,
          );
    });
    if (!contractFiles.test(file)) {
      plan.edit(file, renameService);
      const renamedFile = renameService(file);
      if (renamedFile !== file) {
        plan.move(file, renamedFile);
      }
    }
  }
  return plan;
}

/** Returns a function that replaces the name of the programs and classes of packages/server and packages/client. */
function createServiceRename(plan: Plan, name: string): (text: string) => string {
  const before = spellService(serviceNameOf(plan));
  const after = spellService(name);
  // The generated code has other classes of these names, which are qualified in Python and get an alias in TypeScript.
  const classes = `(?<!pb2_grpc\\.)\\b${before.pascal}(?=(Client|Servicer)(Options)?\\b(?! as [A-Z])|ServerOptions\\b)`;
  const inPascalCase = new RegExp(`${classes}|(?<=\\bcreate)${before.pascal}(?=Server\\b)`, "g");
  const inProse = new RegExp(`\\b${before.pascal}(?= (server|client)\\b)`, "g");
  const inKebabCase = new RegExp(`(?:\\b|(?<=\\\\n))${before.kebab}(?=-(server|client|servicer)\\b)`, "g");
  const inUpperCase = new RegExp(`\\b${before.snake.toUpperCase()}(?=_[A-Z]|")`, "g");
  return (text) =>
    text
      .replace(inPascalCase, after.pascal)
      .replace(inProse, after.pascal)
      .replace(inKebabCase, after.kebab)
      .replace(inUpperCase, after.snake.toUpperCase());
}
