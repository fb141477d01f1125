// The time, again every second: for countdowns.

const SECOND_MS = 1000;

/** A time that goes on while a component is shown. To be called by a component. */
export function clock(): { readonly now: number } {
  let now = $state(Date.now());
  $effect(() => {
    const timer = setInterval(() => (now = Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return now;
    },
  };
}

/** A duration as a countdown shows it: 0:45, 12:03, 3 h 20 min, 2 days. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(Math.abs(milliseconds) / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}
