// The window as people see it: a button that opens a panel, in a shadow tree. Text only ever becomes text.

import type { ConversationEvent, Party } from "../api/schema";
import { words } from "../text/window";
import { STYLE } from "./style";
import { type Pending, Talk, type Options } from "./talk";

export interface Look {
  /** What the panel is called. */
  title: string | null;
  /** Always open, in its own place on the page, without a button. */
  inline: boolean;
  theme: "light" | "dark" | null;
  /** Told after each change, for a page of ours around it. */
  changed?: () => void;
}

type Child = Node | string | null;

function element<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, fields: Partial<HTMLElementTagNameMap[Tag]> = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), fields);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** How near to the end still counts as reading along. Pixels. */
const NEAR = 60;
const time = new Intl.DateTimeFormat("en", { weekday: "long", hour: "2-digit", minute: "2-digit" });

export class Panel {
  readonly talk: Talk;
  readonly #look: Look;
  readonly #host: HTMLElement;
  readonly #told = new Map<number, HTMLElement>();
  #shown: boolean;
  #asking = false;

  readonly #badge = element("span", { className: "badge", hidden: true });
  readonly #launch = element("button", { className: "launch", type: "button" }, words.open, this.#badge);
  readonly #status = element("p", { className: "bar warn", hidden: true });
  readonly #night = element("p", { className: "bar", hidden: true });
  readonly #lines = element("div", { className: "log" });
  readonly #typing = element("p", { className: "typing" });
  readonly #text = element("textarea", { rows: 1, maxLength: 8000, placeholder: words.write });
  readonly #submit = element("button", { className: "send" }, words.send);
  readonly #form = element("form", {}, this.#text, this.#submit);
  readonly #read = element("span", { className: "who read" }, words.read);
  readonly #rate = element("div", { className: "rate", hidden: true });
  readonly #anew = element("button", { className: "anew", type: "button", hidden: true }, words.anew);
  readonly #acts = element("div", { className: "acts" });
  readonly #panel = element("section", { className: "panel", hidden: true });
  readonly #all = element("div", { className: "all" });

  constructor(host: HTMLElement, options: Options, look: Look) {
    this.#host = host;
    this.#look = look;
    this.#shown = look.inline;
    this.#build();
    this.talk = new Talk(options, () => this.#draw());
    this.#draw();
  }

  show(): void {
    this.#shown = true;
    this.#draw();
    (this.#form.hidden ? this.#anew : this.#text).focus();
    this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  hide(): void {
    if (this.#look.inline) return;
    this.#shown = false;
    this.#draw();
    this.#launch.focus();
  }

  remove(): void {
    this.talk.end();
    document.removeEventListener("visibilitychange", this.#looked);
    removeEventListener("online", this.#looked);
    this.#host.remove();
  }

  readonly #looked = () => {
    this.talk.hurry();
    this.#draw();
  };

  #build(): void {
    const root = this.#host.attachShadow({ mode: "open" });
    // Not a style element: the page's policy may forbid those.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    if (this.#look.inline) this.#host.dataset.inline = "";
    if (this.#look.theme) this.#host.dataset.theme = this.#look.theme;
    const title = this.#look.title ?? words.title;
    const hide = element("button", { type: "button", title: words.hide, ariaLabel: words.hide }, "×");
    this.#lines.setAttribute("role", "log");
    this.#lines.setAttribute("aria-label", words.log);
    this.#lines.tabIndex = 0;
    this.#text.ariaLabel = words.write;
    this.#status.setAttribute("role", "status");
    this.#typing.setAttribute("role", "status");
    this.#panel.setAttribute("role", this.#look.inline ? "region" : "dialog");
    this.#panel.ariaLabel = title;
    this.#panel.append(element("header", {}, element("h2", {}, title), this.#look.inline ? null : hide), this.#status, this.#night, this.#lines, this.#typing, this.#form, this.#rate, this.#anew, this.#acts);
    this.#all.append(this.#panel, this.#launch);
    root.append(this.#all);

    this.#buildRate();
    this.#launch.onclick = () => this.show();
    hide.onclick = () => this.hide();
    this.#anew.onclick = () => {
      this.talk.anew();
      this.#text.focus();
    };
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      this.#write();
    };
    this.#text.oninput = () => {
      this.#submit.disabled = this.#text.value.trim() === "";
      this.talk.types(this.#text.value !== "");
    };
    this.#text.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#write();
    };
    this.#panel.onkeydown = (event) => {
      // What is typed here is none of the page's shortcuts.
      event.stopPropagation();
      if (event.key === "Escape") this.hide();
    };
    document.addEventListener("visibilitychange", this.#looked);
    addEventListener("online", this.#looked);
  }

  /** One to five, or none. */
  #buildRate(): void {
    const say = (rate: number | null) => this.talk.rate(rate).catch(() => this.#say(this.#status, words.busy));
    const rates = [1, 2, 3, 4, 5].map((rate) => element("button", { type: "button", ariaLabel: words.rateAs(rate), onclick: () => void say(rate) }, String(rate)));
    this.#rate.setAttribute("role", "group");
    this.#rate.ariaLabel = words.rateUs;
    this.#rate.append(element("span", {}, words.rateUs), ...rates, element("button", { type: "button", onclick: () => void say(null) }, words.skip));
  }

  #drawRate(): void {
    const inside = this.#rate.contains((this.#host.shadowRoot as ShadowRoot).activeElement);
    this.#rate.hidden = !this.talk.asked;
    for (const button of this.#rate.querySelectorAll("button")) button.disabled = !this.talk.connected;
    // Whoever has said it goes on from there.
    if (inside && this.#rate.hidden) this.#anew.focus();
  }

  #write(): void {
    const text = this.#text.value;
    if (text.trim() === "") return;
    this.#text.value = "";
    this.#submit.disabled = true;
    this.talk.types(false);
    this.talk.write(text);
    this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  #draw(): void {
    // Called once before there is anything to draw.
    if (!this.talk) return;
    const { talk } = this;
    if (this.#shown && !document.hidden) talk.saw();
    const { unread } = talk;
    this.#all.classList.toggle("shown", this.#shown);
    this.#panel.hidden = !this.#shown;
    this.#launch.hidden = this.#shown || talk.phase === "unavailable";
    this.#badge.hidden = unread === 0;
    this.#badge.textContent = String(unread);
    this.#launch.ariaLabel = unread === 0 ? words.open : `${words.open}, ${words.unread(unread)}`;
    this.#say(this.#status, talk.phase === "unavailable" ? words.unavailable : talk.lost ? words.lost : "");
    this.#say(this.#night, talk.session?.off_hours ? `${backAt(talk.session.back_at)} ${words.writeAnyway}` : "");
    this.#say(this.#typing, talk.writer ? words.typing(nameOf(talk.writer)) : "");
    this.#typing.hidden = false;
    this.#form.hidden = talk.closed || talk.phase === "unavailable";
    this.#anew.hidden = !talk.closed;
    this.#submit.disabled = this.#text.value.trim() === "";
    this.#drawLines();
    this.#drawRate();
    this.#drawActs();
    this.#look.changed?.();
  }

  #say(where: HTMLElement, text: string): void {
    where.hidden = text === "";
    // A status that is written anew is read out anew.
    if (where.textContent !== text) where.textContent = text;
  }

  #drawLines(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#lines;
    const follows = scrollHeight - scrollTop - clientHeight < NEAR;
    const { events, pending, session, phase } = this.talk;
    const known = new Set(events.map((event) => event.seq));
    for (const [seq, line] of this.#told) {
      if (known.has(seq)) continue;
      line.remove();
      this.#told.delete(seq);
    }
    for (const old of this.#lines.querySelectorAll(".pending, .hello")) old.remove();
    // Not before it is known what stands above it.
    const nothing = events.length === 0 && pending.length === 0;
    if (nothing && phase !== "starting") this.#lines.append(element("p", { className: "quiet hello" }, words.hello));
    for (const event of events) {
      if (this.#told.has(event.seq)) continue;
      const line = shown(event, session?.consumer ?? "");
      if (!line) continue;
      this.#told.set(event.seq, line);
      this.#lines.append(line);
    }
    for (const one of pending) if (!known.has(one.line ?? 0)) this.#lines.append(this.#waiting(one));
    this.#drawRead();
    if (follows) this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  /** Under the last line of one's own that was read. */
  #drawRead(): void {
    const line = this.#told.get(this.talk.readUntil);
    if (line?.contains(this.#read)) return;
    this.#read.remove();
    line?.append(this.#read);
  }

  #waiting({ key, text, refused }: Pending): HTMLElement {
    const note = refused !== null ? words.refused(refused) : this.talk.connected ? words.sending : words.waiting;
    const line = element("p", { className: `line own pending${refused !== null ? " refused" : ""}` }, text, element("span", { className: "who" }, note));
    if (refused !== null) line.append(element("button", { type: "button", onclick: () => this.talk.retry(key) }, words.again));
    return line;
  }

  #drawActs(): void {
    const { talk } = this;
    const usable = talk.conversation !== null && !talk.closed && talk.connected;
    const wanted = `${usable} ${talk.urgent} ${this.#asking}`;
    if (this.#acts.dataset.shows === wanted) return;
    const inside = this.#acts.contains((this.#host.shadowRoot as ShadowRoot).activeElement);
    this.#acts.dataset.shows = wanted;
    this.#acts.replaceChildren();
    if (!usable) return;
    const act = (label: string, run: () => unknown) => element("button", { type: "button", onclick: () => void run() }, label);
    const attempt = async (asked: Promise<void>) => {
      await asked.catch(() => this.#say(this.#status, words.busy));
    };
    if (this.#asking) {
      const ask = (asking: boolean) => {
        this.#asking = asking;
        this.#draw();
      };
      this.#acts.append(element("span", {}, words.closeSure), act(words.yes, () => { ask(false); return attempt(talk.close()); }), act(words.no, () => ask(false)));
    } else {
      const close = act(words.close, () => {
        this.#asking = true;
        this.#draw();
      });
      this.#acts.append(act(talk.urgent ? words.notUrgent : words.urgent, () => attempt(talk.setUrgent(!talk.urgent))), close);
    }
    // Whoever pressed one of them goes on from there.
    if (inside) this.#acts.querySelector("button")?.focus();
  }
}

const nameOf = (party: Party): string => party.name ?? words.agent;
const backAt = (at: string | null | undefined): string => (at ? words.backAt(time.format(new Date(at))) : words.offHours);

/** What an event looks like; null for what is not to be seen. */
function shown(event: ConversationEvent, me: string): HTMLElement | null {
  const quiet = (text: string) => element("p", { className: "quiet" }, text);
  switch (event.type) {
    case "line_published": {
      const { author } = event;
      const kind = author.kind === "controller_bot" ? "automatic" : author.id === me ? "own" : "agent";
      const who = kind === "automatic" ? words.automatic : kind === "own" ? words.you : author.kind === "consumer" ? "" : nameOf(author);
      const hidden = kind === "own" ? "hidden-text" : "who";
      return element("p", { className: `line ${kind}` }, element("span", { className: hidden }, who), event.line ?? words.erased);
    }
    case "participant_joined":
      return event.role === "assigned_agent" ? quiet(words.joined(nameOf(event.participant))) : null;
    case "participant_left":
      return event.role === "assigned_agent" ? quiet(words.left(nameOf(event.participant))) : null;
    case "skill_changed":
      return quiet(words.moved);
    case "ttr_changed":
      return event.to.type === "urgent" ? quiet(words.isUrgent) : event.from.type === "urgent" ? quiet(words.noLongerUrgent) : null;
    case "closed":
      return quiet(words.closed);
    case "rated":
      return event.rate == null ? null : quiet(words.thanks);
    default:
      return null;
  }
}
