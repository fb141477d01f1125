// The sections of the settings, and who sees them.

import type { UserRole } from "../../api/schema";
import { text } from "../../text";

type Name = keyof typeof text.settings.section;

const ADMIN: UserRole[] = ["administrator"];
const CODE: UserRole[] = ["administrator", "faas_admin", "faas_developer"];
const READ: UserRole[] = ["administrator", "agent_manager", "faas_admin", "faas_developer"];

export const SECTIONS: { name: Name; roles: UserRole[]; load: () => Promise<{ default: unknown }> }[] = [
  { name: "account", roles: READ, load: () => import("./AccountSection.svelte") },
  { name: "skills", roles: READ, load: () => import("./SkillSection.svelte") },
  { name: "users", roles: ["administrator", "agent_manager"], load: () => import("./UserSection.svelte") },
  { name: "hours", roles: READ, load: () => import("./HourSection.svelte") },
  { name: "messages", roles: READ, load: () => import("./MessageSection.svelte") },
  { name: "domains", roles: CODE, load: () => import("./DomainSection.svelte") },
  { name: "secrets", roles: CODE, load: () => import("./SecretSection.svelte") },
  { name: "clients", roles: ADMIN, load: () => import("./ClientSection.svelte") },
  { name: "webhooks", roles: CODE, load: () => import("./WebhookSection.svelte") },
  { name: "schedules", roles: CODE, load: () => import("./ScheduleSection.svelte") },
];
