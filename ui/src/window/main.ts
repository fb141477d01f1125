// The consumer window, put on a page by one script tag:
// <script src="https://…/window.js" data-account="demo" async></script>
// `data-id-token` says whom the brand knows; `data-skill` names the skill, `data-title` the panel, `data-theme` light or dark, if the page knows better than the system.

import { Memory } from "./memory";
import { Panel } from "./view";

const script = document.currentScript as HTMLScriptElement | null;
let panel: Panel | null = null;

function begin(tag: HTMLScriptElement): void {
  const { account, skill, title, theme, idToken } = tag.dataset;
  if (!account) {
    console.warn("Convoke: the script tag of the window needs data-account.");
    return;
  }
  const base = new URL(tag.src).origin;
  const host = document.createElement("convoke-window");
  document.body.append(host);
  panel = new Panel(
    host,
    { base, account, skill: skill ?? null, memory: new Memory(base, account, undefined, idToken !== undefined), idToken: idToken ?? null },
    { title: title ?? null, inline: false, theme: theme === "light" || theme === "dark" ? theme : null },
  );
}

if (script) {
  const tag = script;
  if (document.body) begin(tag);
  else addEventListener("DOMContentLoaded", () => begin(tag));
}

/** Opens the panel, for a page's own button. */
export const show = (): void => panel?.show();
/** Hides the panel. */
export const hide = (): void => panel?.hide();
