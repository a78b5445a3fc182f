import type { Plan } from "./plan.js";

/** Fields of a package manifest that generators read. */
export interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Reads the manifest of a package. */
export function manifestOf(plan: Plan, folder: string): Manifest {
  return JSON.parse(plan.read(`${folder}/package.json`)) as Manifest;
}

/** Returns the scope of the packages, including the `@`. */
export function scopeOf(plan: Plan): string {
  return manifestOf(plan, "packages/proto").name.replace(/\/.*/, "");
}

/** Returns the PascalCase name of the programs in packages/server and packages/client: `Hello` for `hello-server`. */
export function serviceNameOf(plan: Plan): string {
  const { bin } = JSON.parse(plan.read("packages/server/package.json")) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  const [program = ""] = Object.keys(bin);
  return program.replace(/-server$/, "").replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
