/**
 * Runs the *.test.ts files of the package in the current folder with node:test, and writes test-report.xml. Arguments
 * select the files whose path contains one of them. Builds the package and its dependencies first. Compiles the tests,
 * which starts them faster. In CI, a skipped test fails the run.
 *
 * Lists the files itself, because Node 20 expands no globs, and neither does the shell of Windows.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { compile } from "@hello/testing/compile";

const report = "test-report.xml";
const pathParts = process.argv.slice(2);
const files = ["src", "test"]
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => pathParts.length === 0 || pathParts.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${pathParts.join(" or ") || "*.test.ts"}`);
  process.exit(1);
}
const turbo = ["--require=tsx/cjs", join(__dirname, "turbo.ts"), "--quiet", "build"];
const { status } = spawnSync(process.execPath, turbo, { stdio: "inherit" });
if (status !== 0) {
  process.exit(status ?? 1);
}

runTests().then((status) => {
  process.exitCode = status;
});

/** Runs the tests, and resolves with the exit status. */
async function runTests(): Promise<number> {
  const { type } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly type: "commonjs" | "module" };
  const folder = mkdtempSync(join(tmpdir(), "tests-"));
  try {
    const tests = await compileTests(type, folder);
    rmSync(report, { force: true });
    const { status } = spawnSync(
      process.execPath,
      [
        "--enable-source-maps",
        "--test",
        "--test-timeout=600000",
        // Tests spend more time waiting than computing.
        `--test-concurrency=${2 * availableParallelism()}`,
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        "--test-reporter=junit",
        `--test-reporter-destination=${report}`,
        ...tests,
      ],
      { stdio: "inherit", env: testEnv() },
    );
    const skipped = existsSync(report) ? readFileSync(report, "utf8").split("<skipped ").length - 1 : 0;
    if (skipped > 0 && process.env["CI"]) {
      console.error(`${skipped} skipped tests: in CI, every test must run`);
      return 1;
    }
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the environment variables of the tests. */
function testEnv(): NodeJS.ProcessEnv {
  // Node 20 parses extra certificates at each start, which takes longer than the rest of the start.
  const { NODE_EXTRA_CA_CERTS, ...inherited } = process.env;
  const certificates = NODE_EXTRA_CA_CERTS === undefined ? {} : { NPM_EXTRA_CA_CERTS: NODE_EXTRA_CA_CERTS };
  // With TURBO_HASH, scripts that tests run do not build again.
  return { TURBO_HASH: "built", ...inherited, ...certificates };
}

/**
 * Compiles the tests into a folder, and resolves with the files to run. Tests in the same folder below `src` share a
 * process, because starting Node and loading the dependencies takes longer than most tests. A file with a comment
 * `@own-process` has a separate process.
 */
async function compileTests(type: "commonjs" | "module", folder: string): Promise<string[]> {
  const programs: string[] = [];
  const namesByFolder = new Map<string, string[]>();
  for (const [index, compiled] of (await compile(files, ".", folder, type)).entries()) {
    const parent = dirname(compiled);
    if (dirname(parent) === folder || /^\/\/ @own-process\b/m.test(readFileSync(files[index] ?? "", "utf8"))) {
      programs.push(compiled);
    } else {
      namesByFolder.set(parent, [...(namesByFolder.get(parent) ?? []), basename(compiled)]);
    }
  }
  for (const [parent, names] of namesByFolder) {
    const program = join(parent, "all.test.mjs");
    programs.push(program);
    writeFileSync(
      program,
      `import { describe, test } from "node:test";
      for (const name of ${JSON.stringify(names)}) {
        describe(name.replace(/[cm]js$/, "ts"), () =>
          // Node 22 does not count the failure of a suite.
          import("./" + name).catch((error) => test("loads the file", () => Promise.reject(error))));
      }`,
    );
  }
  return programs.sort();
}
