// How the window looks. It is in a shadow tree: nothing of the page gets in, nothing of this gets out.

export const STYLE = `
:host { all: initial; color-scheme: light dark;
  --ground: light-dark(#fff, #171b21); --sunken: light-dark(#eef0f4, #262c35); --edge: light-dark(#d5dae2, #333b46); --text: light-dark(#161a20, #e8ebef);
  --soft: light-dark(#545d69, #a3adb9); --accent: light-dark(#3550c8, #9db0ff); --on-accent: light-dark(#fff, #10131a); --own: light-dark(#e9edff, #222b4d);
  --auto: light-dark(#fff2d6, #38290d); --auto-edge: light-dark(#7a4b00, #ffcf7a); --bad: light-dark(#b01f14, #ff9c91); }
:host([data-theme="light"]) { color-scheme: light; }
:host([data-theme="dark"]) { color-scheme: dark; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.all { position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483000; font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--text); }
:host([data-inline]) { display: block; height: 100%; }
:host([data-inline]) .all { position: static; height: 100%; z-index: auto; }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.launch { position: relative; display: flex; align-items: center; gap: .5rem; min-height: 3rem; margin-left: auto; padding: 0 1.25rem; border: 0; border-radius: 1.5rem; background: var(--accent); color: var(--on-accent); font-weight: 600; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
.badge { position: absolute; top: -.35rem; right: -.25rem; min-width: 1.4rem; padding: 0 .35rem; border-radius: .7rem; background: var(--bad); color: var(--ground); font-size: .8rem; line-height: 1.4rem; text-align: center; }
.panel { display: flex; flex-direction: column; width: min(24rem, calc(100vw - 2rem)); height: min(36rem, calc(100dvh - 2rem)); border: 1px solid var(--edge); border-radius: .9rem; background: var(--ground); box-shadow: 0 12px 40px rgb(0 0 0 / 30%); overflow: hidden; }
:host([data-inline]) .panel { width: 100%; height: 100%; box-shadow: none; }
header { display: flex; align-items: center; gap: .5rem; padding: .6rem .6rem .6rem 1rem; background: var(--accent); color: var(--on-accent); }
h2 { flex: 1; margin: 0; font-size: 1rem; }
header button { min-width: 2.25rem; min-height: 2.25rem; border: 0; border-radius: .5rem; background: none; font-size: 1.1rem; }
header :focus-visible { outline-color: var(--on-accent); outline-offset: -3px; }
.log { flex: 1; min-height: 0; overflow-y: auto; padding: 1rem; display: flex; flex-direction: column; gap: .5rem; }
.log:focus-visible { outline-offset: -3px; }
.log p { margin: 0; }
.line { max-width: 85%; padding: .45rem .75rem; border-radius: .8rem; background: var(--sunken); white-space: pre-wrap; overflow-wrap: anywhere; align-self: flex-start; }
.line .who { display: block; font-size: .8rem; color: var(--soft); white-space: normal; }
.line.own { align-self: flex-end; background: var(--own); }
.line.automatic { border: 1px dashed var(--auto-edge); background: var(--auto); }
.line.pending { opacity: .8; border: 1px dashed var(--soft); }
.line.refused { opacity: 1; border-color: var(--bad); }
.quiet { align-self: center; color: var(--soft); font-size: .85rem; text-align: center; }
.bar { margin: 0; padding: .45rem 1rem; background: var(--sunken); font-size: .88rem; }
.bar.warn { background: var(--auto); color: var(--auto-edge); }
.typing { min-height: 1.3em; margin: 0; padding: 0 1rem; color: var(--soft); font-size: .85rem; }
form { display: flex; gap: .5rem; padding: .6rem .75rem; border-top: 1px solid var(--edge); }
textarea { flex: 1; min-width: 0; min-height: 2.5rem; max-height: 7rem; padding: .5rem .65rem; border: 1px solid var(--soft); border-radius: .6rem; background: var(--ground); color: inherit; font: inherit; resize: none; }
textarea::placeholder { color: var(--soft); opacity: 1; }
.send, .anew { min-height: 2.5rem; padding: 0 1rem; border: 0; border-radius: .6rem; background: var(--accent); color: var(--on-accent); font-weight: 600; }
.send:disabled { opacity: .6; cursor: not-allowed; }
.anew { margin: .6rem .75rem; }
.rate { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem; padding: .6rem .75rem 0; border-top: 1px solid var(--edge); }
.rate span { width: 100%; }
.rate button { min-width: 2.5rem; min-height: 2.5rem; border: 1px solid var(--soft); border-radius: .6rem; background: var(--ground); }
.rate button:disabled { opacity: .6; cursor: not-allowed; }
.acts { display: flex; flex-wrap: wrap; gap: .25rem .5rem; min-height: 2.35rem; padding: 0 .75rem .6rem; }
.acts button, .line button { min-height: 1.75rem; padding: 0 .5rem; border: 1px solid var(--edge); border-radius: .5rem; background: none; color: var(--soft); font-size: .85rem; }
.acts span { align-self: center; font-size: .85rem; }
.hidden-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 30rem) {
  :host(:not([data-inline])) .all.shown { inset: 0; }
  :host(:not([data-inline])) .panel { width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: no-preference) { .launch { transition: transform .12s; } .launch:hover { transform: translateY(-1px); } }
`;
