// Light or dark: as the system is, until somebody chooses.

export type Choice = "system" | "light" | "dark";
const MEMORY = "convoke.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export const theme = $state({ choice: remembered(), dark: false });

/** Applies the choice to the document, now and whenever the system's changes. */
export function startTheme(): void {
  dark.addEventListener("change", apply);
  apply();
}

export function chooseTheme(choice: Choice): void {
  theme.choice = choice;
  localStorage.setItem(MEMORY, choice);
  apply();
}

function apply(): void {
  theme.dark = theme.choice === "dark" || (theme.choice === "system" && dark.matches);
  document.documentElement.dataset.theme = theme.dark ? "dark" : "light";
}

function remembered(): Choice {
  const choice = localStorage.getItem(MEMORY);
  return choice === "light" || choice === "dark" ? choice : "system";
}
