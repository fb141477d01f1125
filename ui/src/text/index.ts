// All words that people read, in one place. Another language is another folder with the same shape.

import { frame } from "./frame";
import { functions } from "./functions";
import { happened } from "./happened";
import { home } from "./home";
import { inbox } from "./inbox";
import { playground } from "./playground";
import { runs } from "./runs";
import { settings } from "./settings";
import { work } from "./work";

export const text = { ...frame, functions, happened, home, inbox, playground, runs, settings, work };
