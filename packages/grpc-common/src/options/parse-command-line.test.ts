import assert from "node:assert/strict";
import { test } from "node:test";
import { formatOptionRows, formatOptionTable } from "./named-options.js";
import { choice, integer, list, type OptionTable, text, toggle } from "./option.js";
import { parseCommandLine, UsageError } from "./parse-command-line.js";

interface Values {
  readonly ports: readonly string[];
  readonly waitTimeMs: number;
  readonly level: "low" | "high";
  readonly color: boolean;
  readonly debug: boolean;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const table: OptionTable<Values> = {
  ports: list("where to listen", {
    default: ["80"],
    placeholder: "port",
    flag: "port",
    check(text) {
      if (!/^\d+$/.test(text)) {
        throw new TypeError(`invalid port "${text}"`);
      }
    },
  }),
  waitTimeMs: integer("how long to wait", { default: 500, placeholder: "ms", min: 1, max: 1_000 }),
  level: choice("how much", { default: "low", placeholder: "level", words: ["low", "high"] }),
  color: toggle("print without color", true),
  debug: toggle("print more", false),
  cert: text("a certificate", { placeholder: "file", needs: ["key"] }),
  key: text("its key", { placeholder: "file", needs: ["cert"] }),
};
const defaults: Values = {
  ports: ["80"],
  waitTimeMs: 500,
  level: "low",
  color: true,
  debug: false,
  cert: undefined,
  key: undefined,
};

const program = { name: "app", description: "Does things.", envPrefix: "APP", version: "1.2.3" };

function parse(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Values {
  const parsed = parseCommandLine(table, { ...program, argv, env });
  assert.equal(parsed.action, "run");
  return parsed.action === "run" ? parsed.values : assert.fail();
}

/** Parses a command line, and returns the lines of the error message. */
function problems(argv: readonly string[], env: NodeJS.ProcessEnv = {}): string[] {
  try {
    parse(argv, env);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message.split("\n");
  }
  return [];
}

test("uses the default of an option that is not set", () => {
  assert.deepEqual(parse([]), defaults);
});

test("reads every option from its flag", () => {
  const argv = [
    "--port",
    "1",
    "--wait-time-ms=2",
    "--level",
    "high",
    "--no-color",
    "--debug",
    "--cert",
    "c",
    "--key",
    "k",
  ];
  assert.deepEqual(parse(argv), {
    ports: ["1"],
    waitTimeMs: 2,
    level: "high",
    color: false,
    debug: true,
    cert: "c",
    key: "k",
  });
});

test("reads every option from its variable", () => {
  const env = {
    APP_PORT: "1",
    APP_WAIT_TIME_MS: "2",
    APP_LEVEL: "high",
    APP_COLOR: "false",
    APP_DEBUG: "true",
    APP_CERT: "c",
    APP_KEY: "k",
  };
  assert.deepEqual(parse([], env), {
    ports: ["1"],
    waitTimeMs: 2,
    level: "high",
    color: false,
    debug: true,
    cert: "c",
    key: "k",
  });
});

test("prefers a flag to its variable, and the last of two flags to the first", () => {
  assert.equal(parse(["--level", "low"], { APP_LEVEL: "high" }).level, "low");
  assert.equal(parse(["--level", "low", "--level", "high"]).level, "high");
});

test("treats an empty variable as unset", () => {
  assert.deepEqual(
    parse([], { APP_PORT: "", APP_WAIT_TIME_MS: "", APP_LEVEL: "", APP_COLOR: "", APP_CERT: "" }),
    defaults,
  );
});

test("reads a list from repeated flags, or from a variable with commas", () => {
  assert.deepEqual(parse(["--port", "1", "--port", "2"], { APP_PORT: "3" }).ports, ["1", "2"]);
  assert.deepEqual(parse([], { APP_PORT: "1, 2" }).ports, ["1", "2"]);
});

test("accepts the bounds of a number", () => {
  assert.equal(parse(["--wait-time-ms", "1"]).waitTimeMs, 1);
  assert.equal(parse(["--wait-time-ms", "1000"]).waitTimeMs, 1_000);
});

for (const value of ["0", "1001", "-1", "1.5", "1e2", "0x10", "", " 5", "five", "NaN", "9".repeat(400)]) {
  test(`rejects "${value.slice(0, 10)}" as a number from 1 to 1000`, () => {
    assert.deepEqual(problems([`--wait-time-ms=${value}`]), [
      `--wait-time-ms must be a whole number from 1 to 1000, not ${/^\d+$/.test(value) ? Number(value) : `"${value}"`}`,
    ]);
  });
}

test("lists the allowed words", () => {
  assert.deepEqual(problems([], { APP_LEVEL: "HIGH" }), ['APP_LEVEL must be one of low, high, not "HIGH"']);
});

test("accepts only true or false in the variable of a switch", () => {
  assert.deepEqual(problems([], { APP_DEBUG: "1" }), ['APP_DEBUG must be true or false, not "1"']);
});

test("rejects an option without the other one that it needs, set by a flag or a variable", () => {
  assert.deepEqual(problems(["--cert", "c"]), ["--cert needs --key"]);
  assert.deepEqual(problems([], { APP_KEY: "k" }), ["APP_KEY needs --cert"]);
  assert.deepEqual(problems(["--cert", "c"], { APP_KEY: "k" }), []);
});

test("treats a switch that its variable turns off as unset when it checks required options", () => {
  const switches = {
    watch: { ...toggle("keep watching", false), needs: ["health"] },
    health: toggle("print the health", false),
  };
  const parse = (argv: readonly string[], env: NodeJS.ProcessEnv) =>
    parseCommandLine(switches, { ...program, argv, env });
  assert.equal(parse([], { APP_WATCH: "false" }).action, "run");
  assert.throws(() => parse(["--watch"], { APP_HEALTH: "false" }), { message: "--watch needs --health" });
});

test("reports which options are set", () => {
  const parsed = parseCommandLine(table, { ...program, argv: ["--debug"], env: { APP_LEVEL: "low", APP_PORT: "" } });
  assert.deepEqual(parsed.action === "run" && parsed.given, new Set(["level", "debug"]));
});

test("returns positional arguments where they are allowed", () => {
  const argv = ["a", "--debug", "-", "--", "--debug"];
  const parsed = parseCommandLine(table, { ...program, positionals: true, argv, env: {} });
  assert.deepEqual(parsed.action === "run" && parsed.args, ["a", "-", "--debug"]);
});

test("does not take the next flag as the value of a flag", () => {
  assert.deepEqual(problems(["--level", "--debug"]), ["--level must be followed by <level>, not --debug"]);
});

test("lists every invalid value and the first unknown option", () => {
  const argv = ["--port", "http", "--nope", "--level", "medium"];
  assert.deepEqual(problems(argv, { APP_WAIT_TIME_MS: "soon" }).sort(), [
    '--level must be one of low, high, not "medium"',
    '--port: invalid port "http"',
    'APP_WAIT_TIME_MS must be a whole number from 1 to 1000, not "soon"',
    'unknown option "--nope"',
  ]);
});

test("suggests an option that resembles an unknown one", () => {
  assert.match(problems(["--levle", "low"]).join("\n"), /unknown option "--levle"\n\(Did you mean --level\?\)/);
});

test("rejects an argument that is not an option", () => {
  assert.match(problems(["extra"]).join("\n"), /^unexpected argument "extra"$/);
});

test("rejects a flag at the end without a value", () => {
  assert.match(problems(["--level"]).join("\n"), /^--level must be followed by <level>$/);
});

test("prints every option with its variable and default in 80 columns for --help", () => {
  const parsed = parseCommandLine(table, { ...program, argv: ["--help"], env: {} });
  const text = parsed.action === "print" ? parsed.text : "";
  for (const part of ["--wait-time-ms <ms>", "(APP_WAIT_TIME_MS, default 500)", "--no-color", "(APP_COLOR=false)"]) {
    assert.ok(text.replaceAll(/\s+/g, " ").includes(part), `${part} in ${text}`);
  }
  assert.ok(text.split("\n").every((line) => line.length <= 80));
});

test("prints the help or the version even if the command line is invalid", () => {
  for (const argv of [
    ["--nope", "--help"],
    ["--version", "--wait-time-ms=x"],
  ]) {
    assert.equal(parseCommandLine(table, { ...program, argv, env: { APP_LEVEL: "x" } }).action, "print");
  }
});

test("prints the version for --version", () => {
  const parsed = parseCommandLine(table, { ...program, argv: ["--version"], env: {} });
  assert.deepEqual(parsed, { action: "print", text: "1.2.3\n" });
});

test("formats documentation rows with flag, variable, default, range and meaning", () => {
  const [ports, wait, , color] = formatOptionRows(table, "APP");
  assert.deepEqual(ports, ["`--port <port>`", "`APP_PORT`", "80", "", "where to listen"]);
  assert.deepEqual(wait, ["`--wait-time-ms <ms>`", "`APP_WAIT_TIME_MS`", "500", "1 to 1000", "how long to wait"]);
  assert.deepEqual(color, ["`--no-color`", "`APP_COLOR`", "true", "true, false", "print without color"]);
  assert.match(
    formatOptionTable(table, "APP"),
    /^\| Option \| Flag \| .*\n\| --- \| .*\n\| `ports` \| `--port <port>` \| `APP_PORT` \| 80 \| /,
  );
});
