// How functions are shown.

import type { FunctionState } from "./api/schema";
import type { Tone } from "./runs";

export const functionTone = (state: FunctionState): Tone =>
  ({ draft: "", productive: "good", modified: "accent", build_error: "bad", deploy_error: "bad" })[state] as Tone;
