// Words of the first page.

export const home = {
  title: "Home",
  health: {
    ok: "Everything works",
    degraded: "Some parts have trouble",
    unavailable: "Not all parts work",
    version: (version: string) => `Convoke ${version}`,
  },
  runs: "Runs, last day",
  failed: "Failed, last day",
  slow: "95 % answered within",
  functions: "Functions deployed",
  dead: "Dead letters",
  deadOf: (webhooks: number) => (webhooks === 0 ? "no webhook" : webhooks === 1 ? "of 1 webhook" : `of ${webhooks} webhooks`),
  perMinute: "per minute now",
  chart: {
    title: "Runs of the last 24 hours",
    description: (runs: number, failed: number) => `${runs} runs, ${failed} of them failed`,
    bar: (runs: number, failed: number, from: string) => `${from}: ${runs} runs, ${failed} failed`,
    ok: "answered",
    failed: "failed",
    none: "No function ran in the last 24 hours.",
  },
  attention: {
    title: "Look at these",
    none: "No function failed or was slow in the last day, and every webhook takes its letters.",
    failing: (failed: string, all: string) => `${failed} of ${all} runs failed`,
    dead: (count: string) => `${count} dead letters: nobody took them`,
    untaken: "letters are not taken at present",
    slow: (p95: string) => `slow: 95 % answered within ${p95}`,
    broken: (problem: string) => `could not be deployed: ${problem}`,
  },
  latest: { title: "Last runs", all: "All of what happened", none: "What functions do appears here the moment it happens." },
  activity: { title: "Changes", none: "Nobody has changed anything yet.", by: (who: string) => `by ${who}` },
  start: {
    title: "Your first function",
    detail: "A function answers a change of a conversation: somebody opens one, waits too long, writes at night. Choose the change, begin from a template, and deploy it.",
    action: "Create a function",
  },
};
