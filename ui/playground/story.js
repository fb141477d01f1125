// Events as what a person sees: a line of the conversation, or a step of what happened. Text only ever becomes text.

/** An element with classes and children. */
export function element(tag, classes, ...children) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const clock = (at) => {
  const time = element("time", "", new Date(at).toLocaleTimeString());
  time.dateTime = at;
  return time;
};

/** What a consumer's event looks like in the conversation; null if it is not to be seen there. */
export function line(event, me) {
  switch (event.type) {
    case "line_published": {
      const kind = event.author.kind === "consumer" ? "consumer" : event.author.kind === "controller_bot" ? "bot" : "agent";
      const mine = event.author.id === me;
      const author = kind === "bot" ? "Controller Bot" : mine ? "you" : (event.author.name ?? kind);
      return element("li", kind, element("span", "author", author), event.line ?? "(erased)");
    }
    case "participant_joined":
      return event.role === "assigned_agent" ? note(`${event.participant.name ?? "An agent"} took the conversation`) : null;
    case "participant_left":
      return event.role === "assigned_agent" ? note(`${event.participant.name ?? "The agent"} left`) : null;
    case "ttr_changed":
      return note(`Time to respond: ${event.to.type}`);
    case "closed":
      return note("The conversation is closed");
    default:
      return null;
  }
}

const note = (text) => element("li", "note", text);

/** A step of the story, for whoever wants to know why. */
export function step(event) {
  switch (event.type) {
    case "triggered":
      return element("li", "trigger", clock(event.at), " ", element("b", "", "Triggered "), element("code", "", event.code), element("div", "", `${title(event.event)}, skill ${event.skill}`));
    case "settled":
      return settled(event);
    case "unfired":
      return element("li", "failed", clock(event.at), " ", event.text ?? "Nothing was fired.");
    case "line_published":
      return element("li", "", clock(event.at), " ", event.text ?? "");
    case "deadline_moved":
      return element("li", "minor hideable", clock(event.at), " ", event.text ?? event.type);
    default:
      return element("li", "minor", clock(event.at), " ", event.text ?? event.type);
  }
}

function settled(event) {
  const ran = event.function ? `${event.function.name ?? event.function.id}, version ${event.function.version}` : "no function";
  const attempts = event.attempts > 1 ? `, ${event.attempts} attempts` : "";
  const steps = element("ul", "", element("li", "", sentence(event.outcome.text)));
  for (const command of event.commands) {
    const fate = element("span", `fate ${command.fate}`, command.fate.replace("_", " "));
    steps.append(element("li", "", element("code", "", command.command ?? "?"), " ", fate, `: ${command.text}`));
  }
  steps.append(element("li", "", sentence(event.message.text)));
  if (event.outcome.detail) steps.append(element("li", "", element("code", "", event.outcome.detail)));
  const kind = event.outcome.type === "failed" ? "failed" : "settled";
  return element("li", kind, clock(event.at), " ", element("b", "", "Answered "), element("code", "", event.code), element("div", "", ran + attempts), steps);
}

/** What each attempt of a function took, logged and called; null if nothing of it is remembered. */
export function attempts(list) {
  if (list.length === 0) return null;
  const time = (milliseconds) => `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  const items = list.map((attempt) => {
    const failure = attempt.error && list.length > 1 ? `: ${attempt.error.title}` : "";
    const item = element("li", "", `${list.length > 1 ? `Attempt ${attempt.attempt} took` : "It took"} ${time(attempt.usage.wall_ms)}${failure}`);
    for (const { level, message, extras = [] } of attempt.logs ?? []) {
      const rest = extras.map((extra) => (typeof extra === "string" ? extra : JSON.stringify(extra)));
      item.append(element("code", `log ${level}`, [level.padEnd(5), message, ...rest].join(" ")));
    }
    for (const call of attempt.calls ?? []) {
      item.append(element("code", "log", `called ${call.method} ${call.host}: ${call.status ?? call.error ?? "no answer"} in ${call.duration_ms} ms`));
    }
    return item;
  });
  return element("ul", "attempts", ...items);
}

const title = (id) => id.replace("controllerbot_messaging_", "").replaceAll("_", " ");
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
