import crypto from "crypto";
import { DateTime, Duration } from "luxon";

export default lambda;

async function lambda(input) {
  const due = DateTime.fromISO(input.payload.due, { zone: "utc" });
  const { days, hours } = due.diff(DateTime.fromMillis(input.timestamp), ["days", "hours"]).toObject();
  const id = crypto.createHash("md5").update(due.toISO()).digest("hex").slice(0, 8);
  return [
    { type: "systemMessage", text: `Reminder ${id}: ${days} days and ${hours} hours, until ${due.toRFC2822()}` },
    ...(Duration.fromObject({ days, hours }).as("hours") > 48 ? [] : [{ type: "transfer", skillId: "345678" }]),
  ];
}
