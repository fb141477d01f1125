import { Toolbelt } from "core-functions-toolbelt";
import { DateTime } from "luxon";

const secretClient = Toolbelt.SecretClient();
const ZONE = process.env.ZONE ?? "UTC";

const partOfDay = (hour) => (hour < 11 ? "morning" : hour < 18 ? "afternoon" : "evening");

async function lambda(input) {
  const { value: key } = await secretClient.readSecret("greet_key");
  const response = await fetch(`${process.env.PROFILE_API}/profiles/${input.payload.customer}`, { headers: { "X-Key": key } });
  if (!response.ok) throw new Error(`profile service answered ${response.status}`);
  const { first, title } = await response.json();
  const hour = DateTime.fromMillis(input.timestamp).setZone(ZONE).hour;
  console.log("greeting", { hour, zone: ZONE });
  return `Good ${partOfDay(hour)}, ${[title, first].filter(Boolean).join(" ")}!`;
}
