// The main story, through the pages only, told by three people in three browsers: who writes functions, who serves, who
// asks. Once with pointers, once with keys alone. Only time is moved from outside: people would have to wait.

import assert from "node:assert/strict";
import { test } from "node:test";
import { keys, pointer } from "./hands.js";
import { accessible, browse, picture, prepare, serve, settled } from "./support.js";
import { pass, passTo } from "./time.js";

const WORKSHOP = "654321";
const SAYS = "Grace knows everything about kettles";
const CODE = (body) => `function lambda(input, callback) {\n${body}\n}\n`;
const GOOD = CODE(`  console.info("joined", input.payload.general.convId);\n  callback(null, [{ type: "systemMessage", text: "${SAYS}" }]);`);
const BROKEN = CODE('  if (input.payload.general) throw new Error("the kettle exploded");\n  callback();');
const FIXED = CODE(`  callback(null, [{ type: "systemMessage", text: "${SAYS}, again" }]);`);

for (const hands of [pointer(), keys()]) {
  test(`the whole story ${hands.name}`, async () => {
    const server = await serve("--test-clock");
    const people = await Promise.all([browse(), browse(), browse()]);
    try {
      await tell(server, people, hands);
      for (const { complaints } of people) assert.deepEqual(complaints, [], "no browser complains about anything");
    } finally {
      await Promise.all(people.map((one) => one.stop()));
      await server.stop();
    }
  });
}

async function tell(server, [developer, agent, consumer], hands) {
  const bench = developer.page;
  const inbox = agent.page;
  const shop = consumer.page;
  const label = hands.name.includes("keys") ? "keys" : "pointer";
  const wait = { timeout: 20_000 };

  // What the three of them look at.
  const panel = shop.getByRole("dialog", { name: "Write to us" });
  const lines = panel.locator(".line");
  const hears = (text) => panel.locator(".line.automatic").getByText(text).last().waitFor(wait);
  const transcript = inbox.getByRole("list", { name: "Transcript" });
  const ran = (name, how = "answered") => bench.getByRole("row", { name: new RegExp(`${name} version \\d+.*${how}`, "s") }).first();
  const saw = async (name) => ran(name).waitFor(wait);

  /** The agent takes what rings, or what waits in the list. */
  async function accept() {
    await inbox.getByRole("alert").getByRole("button", { name: /^Accept/ }).waitFor(wait);
    await hands.press(inbox, /^Accept/);
    await inbox.getByLabel("Your answer").waitFor(wait);
  }
  async function transfer(skill) {
    await hands.press(inbox, "Transfer");
    const dialog = inbox.getByRole("dialog", { name: "Transfer the conversation" });
    await dialog.getByRole("radio", { name: skill }).waitFor();
    await hands.choose(inbox, skill);
    await hands.press(inbox, "Transfer");
    await dialog.waitFor({ state: "hidden" });
  }
  async function deploy(version) {
    await hands.press(bench, "Deploy");
    const dialog = bench.getByRole("dialog", { name: "Deploy this draft?" });
    await dialog.locator(".monaco-diff-editor").waitFor(wait);
    await hands.press(bench, "Deploy");
    await bench.getByText(`kettle_expert answers with version ${version} now.`).first().waitFor(wait);
    await dialog.waitFor({ state: "hidden" });
  }

  // The developer creates the function from its template.
  await bench.goto(server.url);
  await bench.getByRole("heading", { name: "Home" }).waitFor();
  await hands.press(bench, "Functions");
  await bench.getByRole("heading", { name: "Functions" }).waitFor();
  await hands.press(bench, "Create a function");
  await bench.getByRole("radio").first().waitFor();
  await hands.choose(bench, /^Participants Change/);
  await bench.getByRole("region", { name: "Code of the template" }).getByText("function lambda").waitFor();
  await bench.getByText("YOU_ARE_CONNECTED_TO", { exact: true }).waitFor();
  await hands.press(bench, "Next");
  await bench.getByText("participants_change answers this event for some skills already").waitFor();
  await hands.choose(bench, /^Workshop/);
  await hands.press(bench, "Next");
  await bench.getByRole("heading", { name: "What may it call?" }).waitFor();
  await hands.press(bench, "Next");
  await hands.fill(bench, "Name", "kettle_expert");
  await hands.press(bench, "Create the function");

  // The payload of the event stands beside the code; the code is changed, tested and deployed.
  await bench.getByRole("heading", { name: "kettle_expert" }).waitFor();
  await bench.getByRole("complementary", { name: "Sample payload" }).getByText("participantChange").first().waitFor(wait);
  await hands.write(bench, developer.context, GOOD);
  await hands.press(bench, "Test");
  await bench.getByText(`Send “${SAYS}”.`).waitFor(wait);
  await bench.getByText("would be sent").waitFor();
  await deploy(1);
  await hands.press(bench, "What happened");
  await bench.getByText("live", { exact: true }).waitFor(wait);

  // A consumer opens a conversation, an agent accepts it.
  await inbox.goto(`${server.url}/inbox?seat=agent`);
  await inbox.getByText("live", { exact: true }).waitFor(wait);
  await hands.select(inbox, /^Presence/, "Online");
  await shop.goto(`${server.url}/window?skill=${WORKSHOP}`);
  await shop.getByRole("button", { name: /^Write to us/ }).waitFor();
  await hands.press(shop, /^Write to us/);
  await hands.say(shop, "Your message", "Hello, my kettle is broken");
  await accept();
  // The function's message is there before the agent has said anything, and stays before what the agent says.
  await hears(SAYS);
  await saw("kettle_expert");
  await hands.say(inbox, "Your answer", "I am Grace. Which kettle is it?");
  await panel.getByText("I am Grace. Which kettle is it?").waitFor(wait);
  const order = await lines.allInnerTexts();
  const place = (text) => order.findIndex((line) => line.includes(text));
  assert.ok(place(SAYS) !== -1 && place(SAYS) < place("I am Grace"), order.join(" | "));
  // Each sees that the other has read it.
  await panel.locator(".line.own").getByText("Read", { exact: true }).waitFor(wait);
  await transcript.getByText("Read", { exact: true }).waitFor(wait);
  // What colleagues write to each other is not for the consumer.
  await hands.choose(inbox, "Only for colleagues");
  await hands.say(inbox, "A line for colleagues", "They sound upset");
  await transcript.getByText("They sound upset").waitFor(wait);
  await inbox.getByLabel("Only for colleagues").uncheck();

  // Transfer; nobody takes it for as long as the account allows; then the agent does.
  await transfer("Service");
  await hears("We are passing your conversation to our specialists.");
  await saw("conversation_routing");
  const ask = await prepare(server.url);
  const { idle } = await ask("GET", "/settings");
  await pass(server, idle.awaiting_in_queue.time_seconds + 1);
  await hears("You have been waiting for");
  await saw("conversation_idle");
  await inbox.getByRole("button", { name: /^Accept/ }).first().waitFor(wait);
  await hands.press(inbox, /^Accept/);
  await hears("You are now connected to one of our agents");
  await saw("participants_change");

  // The consumer says that it is urgent.
  await hands.press(shop, "Mark as urgent");
  await hears("We have marked your conversation as urgent.");
  await saw("ttr");

  // It is Sunday, the skill that it goes to is closed.
  await passTo(server);
  await transfer("Sales");
  await hands.say(shop, "Your message", "Is anybody there on a Sunday?");
  await hears("We have received your message and are away until we open again.");
  await saw("off_hours_line");

  // The agent closes it.
  await inbox.getByRole("button", { name: /^Accept/ }).first().waitFor(wait);
  await hands.press(inbox, /^Accept/);
  await inbox.getByLabel("Your answer").waitFor(wait);
  await hands.press(inbox, "Close");
  await inbox.getByRole("dialog", { name: "Close this conversation?" }).waitFor();
  await hands.confirm(inbox, "Close");
  await panel.getByText("The conversation has ended").waitFor(wait);
  await hears("This conversation is closed.");
  await saw("conversation_end");
  assert.ok(!(await panel.innerText()).includes("They sound upset"), "what is private stays so");
  await accessible(bench, "what happened");
  await picture(bench, `story-happened-${label}-1440`);
  await picture(inbox, `story-inbox-${label}-1440`);
  await picture(shop, `story-consumer-${label}-1440`);

  /** Another conversation, up to the agent's accepting it. */
  async function again() {
    const anew = panel.getByRole("button", { name: "Start a new conversation" });
    await anew.waitFor(wait);
    await hands.press(shop, "Start a new conversation");
    await hands.say(shop, "Your message", "And another kettle");
    await accept();
  }
  async function end() {
    await hands.press(inbox, "Close");
    await inbox.getByRole("dialog", { name: "Close this conversation?" }).waitFor();
    await hands.confirm(inbox, "Close");
    await panel.getByText("The conversation has ended").waitFor(wait);
  }

  // A version that fails: seen on the first page, understood, taken back, put right.
  await hands.press(bench, "Functions");
  await bench.getByRole("link", { name: "kettle_expert" }).waitFor();
  await hands.press(bench, "kettle_expert");
  await bench.getByRole("heading", { name: "kettle_expert" }).waitFor();
  await hands.write(bench, developer.context, BROKEN);
  await deploy(2);
  await again();
  await panel.getByText("You are now talking to Grace").last().waitFor(wait);
  await end();
  await hands.press(bench, "Home");
  const failing = bench.getByRole("listitem").filter({ hasText: /kettle_expert.*runs failed/s });
  await failing.waitFor(wait);
  await hands.press(bench, "What happened");
  await ran("kettle_expert", "code failed").waitFor(wait);
  await ran("kettle_expert", "code failed").getByRole("link").first().focus();
  await bench.keyboard.press("Enter");
  await bench.getByText("the kettle exploded").first().waitFor(wait);
  await picture(bench, `story-failure-${label}-1440`);
  await hands.press(bench, "Function");
  await bench.getByRole("heading", { name: "kettle_expert" }).waitFor();
  await hands.press(bench, "Versions");
  await bench.locator(".monaco-diff-editor").waitFor(wait);
  await hands.press(bench, "Roll back to it");
  await bench.getByRole("dialog").waitFor();
  await hands.press(bench, "Roll back to it");
  await bench.getByText("Version 1 answers now.").waitFor(wait);
  await again();
  await hears(SAYS);
  await end();

  // Going back made it well again; now the mistake itself is put right.
  await hands.press(bench, "Code");
  await hands.write(bench, developer.context, FIXED);
  await hands.press(bench, "Test");
  await bench.getByText(`Send “${SAYS}, again”.`).waitFor(wait);
  await deploy(3);
  await again();
  await hears(`${SAYS}, again`);
  await settled(bench);
}
