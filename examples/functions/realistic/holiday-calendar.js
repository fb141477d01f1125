// Opening hours with public holidays, computed and not looked up, and an answer that says when the team is back.
// Accepts every messaging event. VARIANT (a number) chooses the region and the opening hours.

const VARIANT = Number(process.env.VARIANT || 0);
const DAY_MS = 24 * 60 * 60 * 1000;
const REGIONS = ["BE", "BY", "HH", "NW", "SN"];
const region = process.env.REGION || REGIONS[VARIANT % REGIONS.length];

// Minutes of the local day. The office is in UTC+1; summer time moves it by an hour.
const openingHours = {
  weekday: { from: (7 + (VARIANT % 3)) * 60 + 30, to: 18 * 60 },
  saturday: { from: 9 * 60, to: (12 + (VARIANT % 4)) * 60 },
  sunday: null,
};

/** Easter Sunday of a year in the Gregorian calendar, as days since 1970-01-01. */
function easter(year) {
  const century = Math.floor(year / 100);
  const golden = year % 19;
  const leapCorrection = Math.floor((century - 17) / 25);
  let epact = century - Math.floor(century / 4) - Math.floor((century - leapCorrection) / 3) + 19 * golden + 15;
  epact %= 30;
  epact -= Math.floor(epact / 28) * (1 - Math.floor(epact / 28) * Math.floor(29 / (epact + 1)) * Math.floor((21 - golden) / 11));
  let weekday = year + Math.floor(year / 4) + epact + 2 - century + Math.floor(century / 4);
  weekday %= 7;
  const offset = epact - weekday;
  const month = 3 + Math.floor((offset + 40) / 44);
  const day = offset + 28 - 31 * Math.floor(month / 4);
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** The public holidays of a year: day number to name. */
function holidays(year) {
  const sunday = easter(year);
  const on = (month, day) => Date.UTC(year, month - 1, day) / DAY_MS;
  const days = new Map([
    [on(1, 1), "New Year"],
    [sunday - 2, "Good Friday"],
    [sunday + 1, "Easter Monday"],
    [on(5, 1), "Labour Day"],
    [sunday + 39, "Ascension Day"],
    [sunday + 50, "Whit Monday"],
    [on(10, 3), "Unity Day"],
    [on(12, 25), "Christmas Day"],
    [on(12, 26), "Boxing Day"],
  ]);
  if (region === "BY") {
    days.set(on(1, 6), "Epiphany").set(sunday + 60, "Corpus Christi").set(on(8, 15), "Assumption Day").set(on(11, 1), "All Saints' Day");
  }
  if (region === "NW") {
    days.set(sunday + 60, "Corpus Christi").set(on(11, 1), "All Saints' Day");
  }
  if (region === "BE") {
    days.set(on(3, 8), "Women's Day");
  }
  if (region === "HH" || region === "SN") {
    days.set(on(10, 31), "Reformation Day");
  }
  if (region === "SN") {
    // The Wednesday before 23 November.
    const last = on(11, 22);
    days.set(last - ((((last + 4) % 7) + 4) % 7), "Repentance Day");
  }
  return days;
}

const calendars = {};
function holiday(dayNumber) {
  const year = new Date(dayNumber * DAY_MS).getUTCFullYear();
  calendars[year] = calendars[year] || holidays(year);
  return calendars[year].get(dayNumber);
}

/** The last Sunday of a month, 01:00 UTC: when clocks change in Europe. */
function clockChange(year, month) {
  const last = new Date(Date.UTC(year, month, 0));
  return Date.UTC(year, month - 1, last.getUTCDate() - last.getUTCDay(), 1);
}

/** Minutes that the office's clock is ahead of UTC. */
function offsetMinutes(ts) {
  const year = new Date(ts).getUTCFullYear();
  const summer = ts >= clockChange(year, 3) && ts < clockChange(year, 10);
  return summer ? 120 : 60;
}

function local(ts) {
  const shifted = ts + offsetMinutes(ts) * 60000;
  const day = Math.floor(shifted / DAY_MS);
  return { day, minute: Math.floor((shifted - day * DAY_MS) / 60000), weekday: (day + 4) % 7 };
}

function hoursOf(day) {
  if (holiday(day)) return null;
  const weekday = (day + 4) % 7;
  if (weekday === 0) return openingHours.sunday;
  if (weekday === 6) return openingHours.saturday;
  return openingHours.weekday;
}

function isOpen(ts) {
  const now = local(ts);
  const hours = hoursOf(now.day);
  return hours !== null && now.minute >= hours.from && now.minute < hours.to;
}

/** The next opening after `ts`, within two weeks: no region has more closed days in a row. */
function nextOpening(ts) {
  const now = local(ts);
  for (let day = now.day; day < now.day + 14; day += 1) {
    const hours = hoursOf(day);
    if (hours && (day > now.day || now.minute < hours.from)) {
      return { day, minute: hours.from, inDays: day - now.day };
    }
  }
  return undefined;
}

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

function clock(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function openingText(opening) {
  if (opening === undefined) return "We will answer as soon as we are back.";
  if (opening.inDays === 0) return `We open today at ${clock(opening.minute)}.`;
  if (opening.inDays === 1) return `We open tomorrow at ${clock(opening.minute)}.`;
  return `We open on ${WEEKDAYS[(opening.day + 4) % 7]} at ${clock(opening.minute)}.`;
}

function lambda(input, callback) {
  const { general, end } = input.payload;
  const now = general.serverTimestamp;

  if (end.closeReason !== "") {
    callback(null, []);
    return;
  }
  if (isOpen(now)) {
    console.debug("open", { region, variant: VARIANT });
    callback(null, undefined);
    return;
  }

  const name = holiday(local(now).day);
  const reason = name ? `Today is ${name}, and we are closed.` : "We are closed right now.";
  console.info("closed", { region, holiday: name || "none" });
  callback(null, [{ type: "systemMessage", text: `${reason} ${openingText(nextOpening(now))}` }]);
}
