// judge.cjs FOLDER SCENARIO…: the verdict on each scenario, from the checks that the suite has left in
// FOLDER. Stricter than the suite: a warning fails a scenario, and so does one that has tried nothing, or not
// what it is there for, or after which the client did not end well.
const fs = require("fs");
const path = require("path");

const [folder, ...scenarios] = process.argv.slice(2);
const RESULT = /^server-(.+)-\d{4}-\d{2}-\d{2}T[^/]*$/;
// What the suite lets pass untried.
const MUST = { "server-sse-polling": ["server-sse-disconnect-resume"] };
const found = new Map();
for (const name of fs.readdirSync(folder)) {
  const scenario = RESULT.exec(name)?.[1];
  if (scenario) found.set(scenario, path.join(folder, name, "checks.json"));
}

// Of clients, each scenario has a folder of its own.
function checksIn(folder) {
  const entries = fs.readdirSync(folder, { withFileTypes: true, recursive: true });
  const file = entries.find((entry) => entry.name === "checks.json");
  return file && path.join(file.parentPath, file.name);
}

function judge(scenario) {
  const own = path.join(folder, scenario.replaceAll("/", "__"));
  const file = fs.existsSync(own) ? checksIn(own) : found.get(scenario);
  if (!file || !fs.existsSync(file)) return ["FAIL", "no result; see suite.log"];
  const checks = JSON.parse(fs.readFileSync(file, "utf8"));
  const of = (status) => checks.filter((check) => check.status === status);
  const bad = checks.filter((check) => check.status === "FAILURE" || check.status === "WARNING");
  if (bad.length) {
    const why = (check) => `${check.status} ${check.id}: ${check.errorMessage ?? check.description}`;
    return ["FAIL", bad.map(why).join("; ")];
  }
  // The suite itself skips this one, whatever the server does.
  const skipped = of("SKIPPED").length;
  if (scenario === "tasks-status-notifications" && skipped === checks.length) {
    return ["NA", "skipped by the suite itself"];
  }
  const tried = of("SUCCESS").filter((check) => !check.id.startsWith("wire-schema"));
  if (!tried.length) return ["FAIL", "nothing was tried"];
  const untried = (MUST[scenario] ?? []).filter((id) => !tried.some((check) => check.id === id));
  if (untried.length) return ["FAIL", `not tried: ${untried.join(", ")}`];
  const exit = path.join(own, "exit");
  const code = fs.existsSync(exit) ? fs.readFileSync(exit, "utf8").trim() : "0";
  if (code !== "0") return ["FAIL", `every check is fine, but the suite ended with ${code}: the client failed`];
  return ["PASS", `${of("SUCCESS").length} checks` + (skipped ? `, ${skipped} skipped` : "")];
}

for (const scenario of scenarios) {
  const [verdict, why] = judge(scenario);
  console.log(`${verdict} ${scenario} ${why.replace(/\s+/g, " ")}`);
}
