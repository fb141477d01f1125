process.env.COUNTER = String(Number(process.env.COUNTER || 0) + 1);
if (!process.env.LOCALE) process.env.LOCALE = "en-GB";
const { LOCALE: locale = "xx", COUNTER, ...others } = process.env;

function lambda(input, callback) {
  process.env.COUNTER += "!";
  delete process.env.LOCALE;
  callback(null, { locale, COUNTER, now: process.env.COUNTER, gone: process.env.LOCALE === undefined, custom: Object.keys(others).filter((k) => k.startsWith("APP_")).sort(), undef: String(process.env.NOPE) });
}
