/** Registers the generators with @turbo/gen. `pnpm gen` runs them. */
import type { PlopTypes } from "@turbo/gen";
import { type Answers, generators } from "../../src/generators/generators.js";

// biome-ignore lint/style/noDefaultExport: plop calls the default export.
export default function define(plop: PlopTypes.NodePlopAPI): void {
  for (const [name, { description, questions, plan, nextSteps }] of Object.entries(generators)) {
    plop.setGenerator(name, {
      description,
      prompts: questions.map(({ name, message, choices, findProblem }) => ({
        type: choices === undefined ? "input" : "list",
        name,
        message,
        ...(choices && { choices: choices.map((value) => ({ name: value, value })) }),
        validate: (answer: string) => findProblem?.(answer) ?? true,
      })),
      actions: [
        (answers) => {
          const { root } = (answers["turbo"] as { readonly paths: { readonly root: string } }).paths;
          const planned = plan(root, answers as Answers);
          planned.write();
          const lines = [
            ...planned.added.map((file) => `added ${file}`),
            ...planned.edited.map((file) => `edited ${file}`),
            ...planned.moved.map(([file, newPath]) => `moved ${file} to ${newPath}`),
            "Next:",
            nextSteps(answers as Answers, planned),
          ];
          console.log(lines.join("\n"));
          return description;
        },
      ],
    });
  }
}
