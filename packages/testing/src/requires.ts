import { spawnSync } from "node:child_process";

interface ToolDefinition {
  /** Names of the program; the first that works is used. */
  readonly programs: readonly string[];
  /** Arguments with which it succeeds if it works. */
  readonly attempt: readonly string[];
  /** Debian packages. */
  readonly packages: string;
  /** Environment variables that it needs. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Programs that tests need and npm does not install. */
const tools = {
  h2load: { programs: ["h2load"], attempt: ["--version"], packages: "nghttp2-client" },
  haproxy: { programs: ["haproxy", "/usr/sbin/haproxy"], attempt: ["-v"], packages: "haproxy" },
  nginx: { programs: ["nginx", "/usr/sbin/nginx"], attempt: ["-v"], packages: "nginx" },
  git: { programs: ["git"], attempt: ["--version"], packages: "git" },
  // util-linux's, which runs a program in a terminal of its own; BSD's takes other options.
  script: { programs: ["script"], attempt: ["--version"], packages: "bsdutils" },
  openssl: { programs: ["openssl"], attempt: ["version"], packages: "openssl" },
  "python3-grpcio": {
    // The first Python on the PATH need not be Debian's.
    programs: ["python3", "/usr/bin/python3"],
    attempt: ["-c", "import grpc, google.protobuf"],
    packages: "python3-grpcio python3-protobuf",
  },
  "python3-grpc-tools": {
    programs: ["python3", "/usr/bin/python3"],
    attempt: ["-c", "import grpc, grpc_tools"],
    packages: "python3-grpcio python3-grpc-tools",
  },
  "ruby-grpc": {
    // The first Ruby on the PATH need not be Debian's.
    programs: ["ruby", "/usr/bin/ruby"],
    attempt: ["-e", 'require "grpc"; require "googleauth"'],
    packages: "ruby-grpc ruby-googleauth",
  },
  "golang-google-grpc-dev": {
    programs: ["go"],
    attempt: ["list", "google.golang.org/grpc"],
    packages: "golang-go golang-google-grpc-dev",
    // Debian installs sources, not modules.
    env: { GO111MODULE: "off", GOPATH: "/usr/share/gocode" },
  },
} satisfies Record<string, ToolDefinition>;

/** Program that a machine may lack. */
export type Tool = keyof typeof tools;

/** Tool on this machine. */
export interface Requirement {
  /** Command that runs it. */
  readonly program: string;
  /** For node:test: false, or the reason to skip a test, with how to install the tool. */
  readonly skip: string | false;
  /** Environment variables that it needs, on top of this process's own. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds a tool that npm cannot install. Tests that need it are skipped if it is missing, except in CI, where a skipped
 * test is a failure.
 *
 *     const nginx = requires("nginx");
 *     test("calls pass through nginx", { skip: nginx.skip }, async () => { await run([nginx.program, "-v"]); });
 */
export function requires(tool: Tool): Requirement {
  const { programs, attempt, packages, env = {} }: ToolDefinition = tools[tool];
  const options = { env: { ...process.env, ...env } };
  const program = programs.find((program) => spawnSync(program, attempt, options).status === 0);
  return program === undefined
    ? { program: tool, env, skip: `${tool} is missing: apt-get install ${packages}, then pnpm test --force` }
    : { program, env, skip: false };
}
