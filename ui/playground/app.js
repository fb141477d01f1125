// The page: one conversation, seen by its consumer, played by an agent, explained as it happens.

import { ask, follow, Refused } from "./api.js";
import { attempts, element, line, step } from "./story.js";

const $ = (id) => document.getElementById(id);
const MEMORY = "convoke.session";

/** Tokens of the demo account; from `POST /demo/session`, kept for this tab. */
let session = null;
/** The open conversation: its path and how to stop following it. */
let current = null;
/** What is true of the conversation. */
let state = null;

begin();

async function begin() {
  wire();
  try {
    const kept = JSON.parse(sessionStorage.getItem(MEMORY) ?? "null");
    session = kept?.session ?? null;
    if (!session || !(await valid())) await newSession();
    $("where").textContent = `Demo account “${session.account}”; you play its consumer and its agent ${session.agent}.`;
    await loadAccount();
    connected(true);
    // A session that had to be made anew has another consumer, who does not see the kept conversation.
    if (kept?.conversation && kept.session === session) open(kept.conversation);
    else showStart();
  } catch (error) {
    fail(error);
    connected(false);
    if (!(error instanceof Refused)) setTimeout(() => location.reload(), 3000);
  }
}

async function valid() {
  try {
    await ask("GET", `/accounts/${session.account}`, session.admin_token);
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

async function newSession() {
  try {
    session = await ask("POST", "/demo/session");
  } catch (error) {
    if (error instanceof Refused && error.status === 404) {
      throw new Refused({
        status: 404,
        detail: "This page works with the demo account of `convoke dev`, opened on the same machine. On this server, use the `convoke` command or the API.",
      });
    }
    throw error;
  }
  remember(null);
}

async function loadAccount() {
  const account = `/accounts/${session.account}`;
  const [skills, settings] = await Promise.all([
    ask("GET", `${account}/skills`, session.admin_token),
    ask("GET", `${account}/settings`, session.admin_token),
  ]);
  for (const id of ["skill", "target"]) {
    const options = skills.items.filter((skill) => skill.enabled).map((skill) => {
      const option = element("option", "", `${skill.name} (${skill.id})${skill.staffed ? "" : ", off-hours now"}`);
      option.value = skill.id;
      option.selected = skill.id === settings.default_skill;
      return option;
    });
    $(id).replaceChildren(...options);
  }
  showBot(settings.controller_bot_enabled);
}

function wire() {
  $("start").addEventListener("submit", on(start));
  $("write").addEventListener("submit", on(write));
  $("say").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      $("write").requestSubmit();
    }
  });
  $("again").addEventListener("click", on(async () => {
    current?.stop();
    current = null;
    await newSession();
    showStart();
  }));
  $("bot").addEventListener("click", on(async () => {
    const enabled = $("bot").getAttribute("aria-checked") !== "true";
    const now = await ask("PUT", `/accounts/${session.account}/controller-bot`, session.admin_token, { enabled });
    showBot(now.enabled);
  }));
  $("details").addEventListener("change", () => $("story").classList.toggle("all", $("details").checked));
  const consumer = (method, path, body) => on(() => ask(method, current.path + path, session.consumer.token, body?.()));
  const agent = (method, path, body) => on(() => ask(method, current.path + path(), session.agent_token, body?.()));
  $("urgent").addEventListener("click", consumer("PUT", "/ttr", () => ({ ttr: { type: state.urgent ? "normal" : "urgent" } })));
  $("consumer-close").addEventListener("click", consumer("POST", "/close"));
  $("accept").addEventListener("click", agent("POST", () => "/accept"));
  $("leave").addEventListener("click", agent("DELETE", () => `/participants/${session.agent}`));
  $("transfer").addEventListener("click", agent("POST", () => "/transfer", () => ({ skill: $("target").value })));
  $("agent-close").addEventListener("click", agent("POST", () => "/close"));
}

/** A handler that shows what goes wrong. */
function on(act) {
  return async (event) => {
    event.preventDefault();
    try {
      $("trouble").hidden = true;
      await act();
    } catch (error) {
      fail(error);
    }
  };
}

async function start() {
  const body = { skill: $("skill").value, line: { text: $("first").value }, language: navigator.language };
  const opened = await ask("POST", `/accounts/${session.account}/conversations`, session.consumer.token, body);
  remember(opened.id);
  open(opened.id);
}

async function write() {
  const asAgent = new FormData($("write")).get("who") === "agent";
  const text = $("say").value;
  if (text.trim() === "") return;
  const token = asAgent ? session.agent_token : session.consumer.token;
  // The key makes a line that is sent twice one line.
  await ask("POST", `${current.path}/lines`, token, { text, key: crypto.randomUUID() });
  $("say").value = "";
  $("say").focus();
}

function open(id) {
  const path = `/accounts/${session.account}/conversations/${id}`;
  state = { open: true, urgent: false, agent: null, skill: null };
  $("lines").replaceChildren();
  $("story").replaceChildren();
  $("story-empty").hidden = true;
  $("start").hidden = true;
  $("talk").hidden = false;
  $("again").hidden = false;
  $("say").focus();
  const lost = () => connected(false);
  const live = () => connected(true);
  const over = (error) => {
    fail(error.status === 404 ? new Error("The conversation is gone: the server was started anew. Open a new one.") : error);
    if (error.status === 401 || error.status === 404) sessionStorage.removeItem(MEMORY);
  };
  const stops = [
    follow(path, session.consumer.token, { live, lost, over, event: (event) => append($("lines"), line(event, session.consumer.consumer)) }),
    follow(path, session.admin_token, { live, lost, over: () => {}, event: (event) => { learn(event); tell(path, event); } }),
  ];
  current = { id, path, stop: () => stops.forEach((stop) => stop()) };
  showState();
}

/** Adds a step to the story, and what is remembered of the function's attempts below it. */
function tell(path, event) {
  const item = step(event);
  append($("story"), item);
  if (event.type !== "settled" || !event.function) return;
  remembered(path, event.trigger).then((list) => list && grow($("story"), () => item.append(list)));
}

/** The attempts of a trigger's function. They are remembered when the instance has ended, a moment after it answered. */
async function remembered(path, trigger) {
  for (const wait of [50, 200, 1000]) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const { changes } = await ask("GET", `${path}/explain`, session.admin_token);
      const list = attempts(changes.find((change) => change.seq === trigger)?.attempts ?? []);
      if (list) return list;
    } catch {
      // Without them the story is still whole.
      return null;
    }
  }
  return null;
}

/** Keeps what the buttons depend on. */
function learn(event) {
  if (event.type === "opened") state.skill = event.skill;
  if (event.type === "skill_changed") state.skill = event.to;
  if (event.type === "ttr_changed") state.urgent = event.to.type === "urgent";
  if (event.type === "participant_joined" && event.role === "assigned_agent") state.agent = event.participant;
  if (event.type === "participant_left" && event.role === "assigned_agent") state.agent = null;
  if (event.type === "closed") state.open = false;
  showState();
}

function showState() {
  const mine = state.agent?.id === String(session.agent);
  const served = state.agent ? `with ${state.agent.name ?? "an agent"}` : "in the queue";
  $("facts").textContent = state.open ? `skill ${state.skill ?? "…"}, ${served}` : "closed";
  for (const id of ["say", "urgent", "consumer-close"]) $(id).disabled = !state.open;
  $("accept").disabled = !state.open || state.agent !== null;
  for (const id of ["leave", "transfer", "target", "agent-close"]) $(id).disabled = !state.open || !mine;
  // A transfer to where it is already would change nothing.
  const elsewhere = [...$("target").options].find((option) => option.value !== state.skill);
  if (elsewhere && $("target").value === state.skill) $("target").value = elsewhere.value;
  $("urgent").setAttribute("aria-pressed", String(state.urgent));
  $("urgent").textContent = state.urgent ? "Take urgent back" : "Mark urgent";
}

function showStart() {
  $("start").hidden = false;
  $("talk").hidden = true;
  $("again").hidden = true;
  $("facts").textContent = "";
  $("story").replaceChildren();
  $("story-empty").hidden = false;
  $("first").focus();
}

function showBot(enabled) {
  $("bot").disabled = false;
  $("bot").setAttribute("aria-checked", String(enabled));
  $("bot-notice").hidden = enabled;
}

/** Adds to a list that stays at its end unless somebody scrolled up. */
function append(list, item) {
  if (item) grow(list, () => list.append(item));
}

function grow(list, change) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  change();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function connected(live) {
  $("connection").textContent = live ? "live" : "not connected, trying again…";
  $("connection").className = `connection ${live ? "live" : "lost"}`;
}

function fail(error) {
  $("trouble").textContent = error.message;
  $("trouble").hidden = false;
}

function remember(conversation) {
  sessionStorage.setItem(MEMORY, JSON.stringify({ session, conversation }));
}
