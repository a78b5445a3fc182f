// Preloaded (--require), this writes the paths of the modules that a program has loaded when it exits to the file named
// by LOADED_MODULES.
const { writeFileSync } = require("node:fs");

process.on("exit", () => writeFileSync(process.env.LOADED_MODULES, JSON.stringify(Object.keys(require.cache))));
