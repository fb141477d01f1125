const { DateTime } = require("luxon");

function lambda(input, callback) {
  const at = DateTime.fromMillis(input.timestamp).setZone("Europe/Paris");
  const price = new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(1234567.891);
  callback(null, {
    de: at.setLocale("de").toLocaleString(DateTime.DATE_FULL),
    fr: at.setLocale("fr").toLocaleString({ weekday: "long", month: "long", day: "2-digit" }),
    us: new Date(input.timestamp).toLocaleDateString("en-US", { timeZone: "America/Los_Angeles", dateStyle: "medium" }),
    gb: new Date(input.timestamp).toLocaleTimeString("en-GB", { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit" }),
    price,
    us_price: (99.5).toLocaleString("en-US", { style: "currency", currency: "USD" }),
    percent: (0.256).toLocaleString("en-US", { style: "percent", maximumFractionDigits: 1 }),
    plain: (1234567.5).toLocaleString(),
    date: new Date(input.timestamp).toString(),
    json: new Date(input.timestamp),
  });
}
