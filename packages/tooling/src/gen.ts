/**
 * Runs a generator from turbo/generators with @turbo/gen. On a terminal, prompts for missing arguments. Otherwise, and
 * for invalid arguments, prints one line and exits with status 2 before anything is written.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type Answers, generators, type Question } from "./generators/generators.js";
import { GeneratorError } from "./generators/plan.js";

const root = join(__dirname, "../../..");
const usage = Object.entries(generators)
  .map(
    ([name, { description, questions }]) =>
      `  pnpm gen ${name} ${questions.map(synopsis).join(" ")}\n      ${description}`,
  )
  .join("\n");

try {
  const name = process.argv[2] ?? "";
  const asksForHelp = process.argv.slice(2).some((arg) => arg === "--help" || arg === "-h");
  if (name === "" || asksForHelp) {
    console.log(`Usage:\n${usage}`);
    process.exitCode = asksForHelp ? 0 : 2;
  } else {
    process.exitCode = generate(name, process.argv.slice(3));
  }
} catch (error) {
  const isUsageError =
    error instanceof GeneratorError || String((error as { code?: string }).code).startsWith("ERR_PARSE_ARGS");
  if (!isUsageError) {
    throw error;
  }
  console.error(`gen: ${(error as Error).message.split(/\.? To |\n/)[0]}`);
  process.exitCode = 2;
}

/** Runs a generator. Returns the exit status. */
function generate(name: string, args: readonly string[]): number {
  const generator = generators[name];
  if (generator === undefined) {
    throw new GeneratorError(`unknown generator "${name}": choose ${Object.keys(generators).join(", ")}`);
  }
  const { questions, plan } = generator;
  const answers = readAnswers(questions, args);
  const missing = questions.filter(
    ({ name, choices, isOption }) => choices === undefined && !isOption && answers[name] === undefined,
  );
  if (missing.length === 0) {
    plan(root, answers);
  } else if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new GeneratorError(`missing <${missing[0]?.name}>: pnpm gen ${name} ${questions.map(synopsis).join(" ")}`);
  }
  // plop prompts for an argument that is `_`.
  const defaultAnswer = ({ choices: [first = ""] = [] }: Question) => (missing.length === 0 ? first : "_");
  const bypass = questions.map((question) => answers[question.name] ?? defaultAnswer(question));
  const program = join(dirname(require.resolve("@turbo/gen/package.json")), "dist/cli.js");
  const { status } = spawnSync(process.execPath, [program, "run", name, "--root", root, "--args", ...bypass], {
    // Disables the update check of @turbo/gen.
    env: { ...process.env, npm_config_registry: "http://127.0.0.1:9/" },
    stdio: "inherit",
  });
  return status ?? 1;
}

/**
 * Reads answers from the command line.
 *
 * @throws GeneratorError if one is invalid.
 */
function readAnswers(questions: readonly Question[], args: readonly string[]): Answers {
  const options: Record<string, { readonly type: "boolean" | "string" }> = {};
  for (const { name, choices = [], isOption } of questions) {
    Object.assign(options, isOption && { [name]: { type: "string" } });
    Object.assign(options, ...choices.map((choice) => ({ [choice]: { type: "boolean" } })));
  }
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const answers: Record<string, string> = {};
  for (const { name, choices, isOption, findProblem } of questions) {
    const chosen = choices?.filter((choice) => values[choice]) ?? [];
    if (chosen.length > 1) {
      throw new GeneratorError(`--${chosen.join(" and --")} are mutually exclusive`);
    }
    const answer = isOption ? values[name]?.toString() : choices === undefined ? positionals.shift() : chosen[0];
    const problem = answer === undefined ? undefined : findProblem?.(answer);
    if (problem !== undefined) {
      throw new GeneratorError(problem);
    }
    if (answer !== undefined) {
      answers[name] = answer;
    }
  }
  if (positionals.length > 0) {
    throw new GeneratorError(`unexpected argument "${positionals[0]}"`);
  }
  return answers;
}

function synopsis({ name, choices, isOption }: Question): string {
  if (isOption) {
    return `[--${name} <${name}>]`;
  }
  return choices === undefined ? `<${name}>` : `[--${choices.join(" | --")}]`;
}
