/** Edits of source files. An edit that is already in a file changes nothing. Biome formats and sorts the result. */
import { GeneratorError } from "./plan.js";

/** Imports names from a module. A name may begin with `type `. */
export function addImport(source: string, names: readonly string[], module: string): string {
  return addToBraces(source, "import", names, module) ?? `import { ${names.join(", ")} } from "${module}";\n${source}`;
}

/** Exports names from a module. */
export function addExport(source: string, names: readonly string[], module: string): string {
  return addToBraces(source, "export", names, module) ?? `${source}export { ${names.join(", ")} } from "${module}";\n`;
}

/** Adds a member to the end of the last class of a source. */
export function addToClass(source: string, file: string, member: string): string {
  const end = source.lastIndexOf("\n}");
  if (!/^export class /m.test(source) || end === -1) {
    throw new GeneratorError(`${file} has no class`);
  }
  return `${source.slice(0, end)}\n\n${member.trimEnd()}${source.slice(end)}`;
}

/** Adds names to the import or export statement of a module. Returns undefined if there is no such statement. */
function addToBraces(
  source: string,
  keyword: "import" | "export",
  names: readonly string[],
  module: string,
): string | undefined {
  const list = new RegExp(`^${keyword} (type )?\\{([^}]*)\\} from "${module.replaceAll(".", "\\.")}";$`, "m");
  const [statement, isTypes = "", content = ""] = list.exec(source) ?? [];
  if (statement === undefined) {
    return undefined;
  }
  const current = content
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
    .map((name) => (isTypes ? `type ${name}` : name));
  const plain = (name: string) => name.replace(/^type /, "");
  const missing = names.filter((name) => !current.some((known) => plain(known) === plain(name)));
  return missing.length === 0
    ? source
    : source.replace(statement, `${keyword} { ${[...current, ...missing].join(", ")} } from "${module}";`);
}
