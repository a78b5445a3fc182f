import assert from "node:assert/strict";
import { test } from "node:test";
import { choice, integer, list, type OptionTable, text, toggle } from "./options.js";
import { describeOptions, parseOptions, UsageError } from "./parse-options.js";

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
        throw new TypeError(`"${text}" is no port`);
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

const parse = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  parseOptions(table, { prefix: "APP", argv, env });

/** The mistakes that reading this tells. */
function mistakes(argv: readonly string[], env: NodeJS.ProcessEnv = {}): string[] {
  try {
    parse(argv, env);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message.split("\n");
  }
  return [];
}

test("what is not given has its default", () => {
  assert.deepEqual(parse([]), defaults);
});

test("every option has a flag", () => {
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

test("every option has a variable", () => {
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

test("a flag wins over its variable, and the last of two flags over the first", () => {
  assert.equal(parse(["--level", "low"], { APP_LEVEL: "high" }).level, "low");
  assert.equal(parse(["--level", "low", "--level", "high"]).level, "high");
});

test("an empty variable counts as unset", () => {
  assert.deepEqual(
    parse([], { APP_PORT: "", APP_WAIT_TIME_MS: "", APP_LEVEL: "", APP_COLOR: "", APP_CERT: "" }),
    defaults,
  );
});

test("a list is repeated flags, or a variable with commas", () => {
  assert.deepEqual(parse(["--port", "1", "--port", "2"], { APP_PORT: "3" }).ports, ["1", "2"]);
  assert.deepEqual(parse([], { APP_PORT: "1, 2" }).ports, ["1", "2"]);
});

test("the bounds of a number are within", () => {
  assert.equal(parse(["--wait-time-ms", "1"]).waitTimeMs, 1);
  assert.equal(parse(["--wait-time-ms", "1000"]).waitTimeMs, 1_000);
});

for (const value of ["0", "1001", "-1", "1.5", "1e2", "0x10", "", " 5", "five", "NaN", "9".repeat(400)]) {
  test(`"${value.slice(0, 10)}" is no number from 1 to 1000`, () => {
    assert.deepEqual(mistakes([`--wait-time-ms=${value}`]), [
      `--wait-time-ms: must be a whole number from 1 to 1000, not "${value}"`,
    ]);
  });
}

test("a value that is none of the words is refused with the words", () => {
  assert.deepEqual(mistakes([], { APP_LEVEL: "HIGH" }), ['APP_LEVEL: must be one of low, high, not "HIGH"']);
});

test("the variable of a switch says true or false", () => {
  assert.deepEqual(mistakes([], { APP_DEBUG: "1" }), ['APP_DEBUG: must be true or false, not "1"']);
});

test("an option that needs another does not go alone, but goes with its variable", () => {
  assert.deepEqual(mistakes(["--cert", "c"]), ["--cert needs --key"]);
  assert.deepEqual(mistakes([], { APP_KEY: "k" }), ["APP_KEY needs --cert"]);
  assert.deepEqual(mistakes(["--cert", "c"], { APP_KEY: "k" }), []);
});

test("a flag without its value does not take the next flag for it", () => {
  assert.deepEqual(mistakes(["--level", "--debug"]), ["--level needs a value: --level <level>"]);
});

test("every mistake is named at once", () => {
  const argv = ["extra", "--nope", "-x", "--debug=true", "--port", "http", "--level"];
  assert.deepEqual(mistakes(argv, { APP_WAIT_TIME_MS: "soon" }).sort(), [
    "--debug takes no value",
    "--level needs a value: --level <level>",
    '--port: "http" is no port',
    'APP_WAIT_TIME_MS: must be a whole number from 1 to 1000, not "soon"',
    'unexpected argument "extra"',
    "unknown option --nope",
    "unknown option -x",
  ]);
});

test("a description has flag, variable, default and meaning", () => {
  const [ports, wait, level, color, , cert] = describeOptions(table, "APP");
  assert.deepEqual(ports, {
    flag: "--port <port>",
    variable: "APP_PORT",
    default: "80",
    help: "where to listen; repeatable",
  });
  assert.deepEqual(wait, {
    flag: "--wait-time-ms <ms>",
    variable: "APP_WAIT_TIME_MS",
    default: "500",
    help: "how long to wait",
  });
  assert.equal(level?.help, "how much: low, high");
  assert.equal(color?.flag, "--no-color");
  assert.equal(cert?.default, "none");
});
