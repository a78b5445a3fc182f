/**
 * Writes the public types of the package in the current folder into api.md, or with --check fails where that file is not
 * what they are, so that a change of the public surface is seen in review.
 *
 * The report has what dist/index.d.ts exports and the declarations that those need, without comments.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const report = "api.md";

/** A declaration at the top level of a file. */
interface Declaration {
  readonly name: string;
  readonly text: string;
}

const declarations: Declaration[] = [];
/** The packages that names come from. */
const imported = new Map<string, string>();
const seen = new Set<string>();

/** Collects the declarations of a file and of those that it imports from. */
function collect(file: string): void {
  if (seen.has(file)) {
    return;
  }
  seen.add(file);
  const text = readFileSync(file, "utf8")
    .replace(/^\s*\/\*\*.*?\*\/\n/gms, "")
    .replace(/^\/\/#.*\n?/gm, "");
  // Statements begin at the margin, and nothing else but closing brackets does.
  for (const statement of text.split(/\n(?=[a-z])/)) {
    const [, source] = /^(?:import|export) .*?from "([^"]+)";?$/s.exec(statement.trim()) ?? [];
    if (source === undefined) {
      const [, name] = /(?:interface|type|class|const|function|enum) (\w+)/.exec(statement) ?? [];
      declarations.push({ name: name ?? "", text: statement.trim() });
    } else if (source.startsWith(".")) {
      collect(join(dirname(file), source.replace(/\.js$/, ".d.ts")));
    } else {
      for (const [name] of statement.replace(/from .*|\b(?:import|type)\b/gs, "").matchAll(/\w+/g)) {
        imported.set(name, source);
      }
    }
  }
}

const index = join("dist", "index.d.ts");
collect(index);
const exported = [...readFileSync(index, "utf8").matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = ""]) =>
  names
    .split(",")
    .map((name) => name.replace("type ", "").trim())
    .filter((name) => name !== ""),
);

const needed = new Set<string>(exported);
const packages = new Set<string>();
// What a needed declaration names, but for its properties, is added behind it, and then visited in its turn.
for (const name of needed) {
  for (const { text } of declarations.filter((declaration) => declaration.name === name)) {
    for (const [word] of text.matchAll(/\b[A-Za-z]\w*\b(?!\??[:(])/g)) {
      const source = imported.get(word);
      if (source !== undefined) {
        packages.add(source);
      }
      if (declarations.some((declaration) => declaration.name === word)) {
        needed.add(word);
      }
    }
  }
}

const { name } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly name: string };
const command = `pnpm --filter ${name} api`;
const text = `# The public types of ${name}

Written by \`${command}\`. A change here is a change for everyone who uses the package.

Exported: ${exported.toSorted().join(", ")}.

Types of other packages that they need: ${[...packages].sort().join(", ") || "none"}.

\`\`\`ts
${declarations
  .filter((declaration) => needed.has(declaration.name))
  .map((declaration) => declaration.text.replaceAll("    ", "  "))
  .join("\n\n")}
\`\`\`
`;

if (!process.argv.includes("--check")) {
  writeFileSync(report, text);
} else if (!existsSync(report) || readFileSync(report, "utf8").replaceAll("\r\n", "\n") !== text) {
  console.error(`${report} is not what ${name} exports; run ${command} and look at the difference`);
  process.exitCode = 1;
}
