import { scopeOf } from "./manifest.js";
import { Plan } from "./plan.js";

/** Answers that {@link planRename} needs. */
export interface RenameAnswers {
  /** New scope, with its `@`. */
  readonly scope: string;
}

/** Plans a change of the scope of all packages: in code, manifests, lockfile and documentation. */
export function planRename(root: string, { scope }: RenameAnswers): Plan {
  const plan = new Plan(root);
  const old = new RegExp(`${scopeOf(plan)}(?![\\w-])`, "g");
  for (const file of plan.listAll()) {
    plan.edit(file, (content) => {
      const renamed = content.replace(old, scope);
      // The report of public types lists packages in alphabetical order.
      return !file.endsWith("/api.md")
        ? renamed
        : renamed.replace(
            /^(Types of other packages that they need: )(.*)\.$/m,
            (_, label: string, names: string) => `${label}${names.split(", ").sort().join(", ")}.`,
          );
    });
  }
  return plan;
}
