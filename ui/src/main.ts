// The workbench begins here.

import { mount } from "svelte";
import App from "./App.svelte";
import { startRouting } from "./router.svelte";
import { start } from "./session.svelte";
import { startTheme } from "./theme.svelte";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

startTheme();
startRouting();
void start();
mount(App, { target: document.getElementById("app") as HTMLElement });
