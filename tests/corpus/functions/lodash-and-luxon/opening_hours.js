const { DateTime } = require("luxon");

const HOURS = { 1: [9, 18], 2: [9, 18], 3: [9, 18], 4: [9, 20], 5: [9, 16] };

function lambda(input, callback) {
  const now = DateTime.fromMillis(input.timestamp, { zone: "Europe/Berlin" });
  const day = HOURS[now.weekday];
  if (day && now.hour >= day[0] && now.hour < day[1]) {
    return callback(null, []);
  }
  let next = now.plus({ days: day && now.hour < day[0] ? 0 : 1 }).startOf("day");
  while (!HOURS[next.weekday]) next = next.plus({ days: 1 });
  next = next.set({ hour: HOURS[next.weekday][0] });
  console.info(now.toISO(), next.toISO(), next.diff(now, ["hours", "minutes"]).toObject());
  callback(null, [{ type: "systemMessage", text: `We are closed. We open again on ${next.setLocale("en").toFormat("cccc, d LLLL 'at' h:mm a")}.` }]);
}
