// `Intl.DateTimeFormat`, `Intl.NumberFormat` and the `toLocale…` methods. The host formats; here are options and defaults.
(function (host, own) {
  'use strict';

  const { parse, stringify } = own;
  const { compute } = host;
  const DATE = 6, NUMBER = 7, CANONICAL = 8, ZONE = 9;

  function ask(what, text) {
    try {
      return compute(what, text, undefined, false);
    } catch (error) {
      throw new RangeError(error.message);
    }
  }

  const canonical = (locales) => (locales === undefined ? [] : typeof locales === 'string' ? [locales] : Array.from(locales, String)).map((locale) => ask(CANONICAL, locale));
  const localeOf = (locales) => canonical(locales)[0] ?? 'en-US';
  const join = (parts) => parts.map((part) => part.value).join('');

  function pick(options, name, allowed, fallback) {
    const value = options[name];
    if (value === undefined) return fallback;
    const text = String(value);
    if (!allowed.includes(text)) throw new RangeError(`Value ${text} out of range for Intl options property ${name}`);
    return text;
  }

  const NUMERIC = ['numeric', '2-digit'], WORDS = ['narrow', 'short', 'long'], STYLES = ['full', 'long', 'medium', 'short'];
  const DATE_PARTS = { weekday: WORDS, era: WORDS, year: NUMERIC, month: [...NUMERIC, ...WORDS], day: NUMERIC };
  const TIME_PARTS = { hour: NUMERIC, minute: NUMERIC, second: NUMERIC };
  const ZONE_NAMES = ['short', 'long', 'shortOffset', 'longOffset', 'shortGeneric', 'longGeneric'];

  function dateOptions(locales, given, required, defaults) {
    const options = given === undefined ? {} : Object(given);
    const resolved = { locale: localeOf(locales), calendar: 'gregory', numberingSystem: 'latn', timeZone: 'UTC' };
    if (options.timeZone !== undefined) resolved.timeZone = ask(ZONE, String(options.timeZone));
    if (options.hour12 !== undefined) resolved.hour12 = Boolean(options.hour12);
    else resolved.hourCycle = pick(options, 'hourCycle', ['h11', 'h12', 'h23', 'h24']);
    let asked = false;
    for (const [name, allowed] of Object.entries({ ...DATE_PARTS, ...TIME_PARTS })) {
      resolved[name] = pick(options, name, allowed);
      const counts = name in DATE_PARTS ? required !== 'time' && name !== 'era' : required !== 'date';
      if (resolved[name] !== undefined && counts) asked = true;
    }
    if (options.fractionalSecondDigits !== undefined) {
      const digits = Number(options.fractionalSecondDigits);
      if (!(digits >= 1 && digits <= 3)) throw new RangeError('fractionalSecondDigits value is out of range.');
      resolved.fractionalSecondDigits = Math.floor(digits);
      resolved.second ??= 'numeric';
      asked = true;
    }
    resolved.timeZoneName = pick(options, 'timeZoneName', ZONE_NAMES);
    resolved.dateStyle = pick(options, 'dateStyle', STYLES);
    resolved.timeStyle = pick(options, 'timeStyle', STYLES);
    const styled = resolved.dateStyle !== undefined || resolved.timeStyle !== undefined;
    if (styled && (asked || resolved.timeZoneName)) throw new TypeError("Can't set option with dateStyle or timeStyle");
    if ((required === 'date' && resolved.timeStyle) || (required === 'time' && resolved.dateStyle)) throw new TypeError('Invalid option : ' + (required === 'date' ? 'timeStyle' : 'dateStyle'));
    if (!asked && !styled) {
      if (defaults !== 'time') Object.assign(resolved, { year: 'numeric', month: 'numeric', day: 'numeric' });
      if (defaults !== 'date') Object.assign(resolved, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
    }
    return resolved;
  }

  const timeOf = (date) => {
    const at = date === undefined ? own.now() : Number(date);
    if (!Number.isFinite(at)) throw new RangeError('Invalid time value');
    return at;
  };
  // V8 writes a plain space before AM and PM, since programs look for one.
  const dateParts = (options, date) => parse(ask(DATE, stringify({ ...options, at: timeOf(date) })).replaceAll('\u202f', ' '));
  const clean = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

  class DateTimeFormat {
    #options; #format;
    constructor(locales, options) { this.#options = dateOptions(locales, options, 'any', 'date'); }
    get format() { return (this.#format ??= (date) => join(dateParts(this.#options, date))); }
    formatToParts(date) { return dateParts(this.#options, date); }
    formatRange(from, to) {
      const [start, end] = [this.format(from), this.format(to)];
      return start === end ? start : `${start} – ${end}`;
    }
    resolvedOptions() {
      const resolved = clean(this.#options);
      if (resolved.hour !== undefined || resolved.timeStyle !== undefined) {
        const twelve = resolved.hour12 ?? (resolved.hourCycle ? /h1[12]/.test(resolved.hourCycle) : dateParts({ locale: resolved.locale, timeZone: 'UTC', hour: 'numeric' }, 0).some((part) => part.type === 'dayPeriod'));
        Object.assign(resolved, { hour12: twelve, hourCycle: resolved.hourCycle ?? (twelve ? 'h12' : 'h23') });
      }
      return resolved;
    }
    static supportedLocalesOf(locales) { return canonical(locales); }
    get [Symbol.toStringTag]() { return 'Intl.DateTimeFormat'; }
  }

  function numberOptions(locales, given) {
    const options = given === undefined ? {} : Object(given);
    const resolved = { locale: localeOf(locales), numberingSystem: 'latn' };
    resolved.style = pick(options, 'style', ['decimal', 'percent', 'currency', 'unit'], 'decimal');
    if (resolved.style === 'unit') throw new RangeError('units are not available here');
    if (pick(options, 'notation', ['standard', 'scientific', 'engineering', 'compact'], 'standard') !== 'standard') throw new RangeError('only the standard notation is available here');
    if (resolved.style === 'currency') {
      if (options.currency === undefined) throw new TypeError('Currency code is required with currency style.');
      resolved.currency = String(options.currency).toUpperCase();
      if (!/^[A-Z]{3}$/.test(resolved.currency)) throw new RangeError(`Invalid currency code : ${options.currency}`);
      resolved.currencyDisplay = pick(options, 'currencyDisplay', ['code', 'symbol', 'narrowSymbol', 'name'], 'symbol');
      resolved.currencySign = pick(options, 'currencySign', ['standard', 'accounting'], 'standard');
    }
    for (const [name, least, most] of [['minimumIntegerDigits', 1, 21], ['minimumFractionDigits', 0, 100], ['maximumFractionDigits', 0, 100], ['minimumSignificantDigits', 1, 21], ['maximumSignificantDigits', 1, 21]]) {
      if (options[name] === undefined) continue;
      const digits = Math.floor(Number(options[name]));
      if (!(digits >= least && digits <= most)) throw new RangeError(`${name} value is out of range.`);
      resolved[name] = digits;
    }
    const { useGrouping } = options;
    resolved.useGrouping = !(useGrouping === false || useGrouping === 'false');
    resolved.signDisplay = pick(options, 'signDisplay', ['auto', 'never', 'always', 'exceptZero', 'negative'], 'auto');
    const sample = parse(ask(NUMBER, stringify({ ...resolved, value: '1' })));
    return { asked: resolved, resolved: { ...resolved, minimumIntegerDigits: resolved.minimumIntegerDigits ?? 1, minimumFractionDigits: sample.minimumFractionDigits, maximumFractionDigits: sample.maximumFractionDigits, useGrouping: resolved.useGrouping ? 'auto' : false } };
  }

  function numberParts(asked, value) {
    const number = typeof value === 'bigint' ? value : Number(value);
    const text = Object.is(number, -0) ? '-0' : String(number);
    return parse(ask(NUMBER, stringify({ ...asked, value: text, signDisplay: asked.signDisplay === 'exceptZero' ? (Number(number) === 0 ? 'never' : 'always') : asked.signDisplay }))).parts;
  }

  class NumberFormat {
    #options; #format;
    constructor(locales, options) { this.#options = numberOptions(locales, options); }
    get format() { return (this.#format ??= (value) => join(numberParts(this.#options.asked, value))); }
    formatToParts(value) { return numberParts(this.#options.asked, value); }
    resolvedOptions() { return clean(this.#options.resolved); }
    static supportedLocalesOf(locales) { return canonical(locales); }
    get [Symbol.toStringTag]() { return 'Intl.NumberFormat'; }
  }

  /** Both may be called without `new`. */
  const callable = (Kind) => new Proxy(Kind, { apply: (target, _, values) => new target(...values) });
  own.define('Intl', { DateTimeFormat: callable(DateTimeFormat), NumberFormat: callable(NumberFormat), getCanonicalLocales: canonical, [Symbol.toStringTag]: 'Intl' });

  const method = (proto, name, value) => Object.defineProperty(proto, name, { value, writable: true, configurable: true, enumerable: false });
  const dateMethod = (name, required, defaults) => method(Date.prototype, name, function (locales, options) {
    const at = this.getTime();
    return Number.isNaN(at) ? 'Invalid Date' : join(dateParts(dateOptions(locales, options, required, defaults), at));
  });
  dateMethod('toLocaleString', 'any', 'all');
  dateMethod('toLocaleDateString', 'date', 'date');
  dateMethod('toLocaleTimeString', 'time', 'time');
  // Elsewhere the name of the zone follows; here the zone is always UTC.
  for (const name of ['toString', 'toTimeString']) {
    const plain = own.uncurry(Date.prototype[name]);
    method(Date.prototype, name, { [name]() { return plain(this) + (Number.isNaN(this.getTime()) ? '' : ' (Coordinated Universal Time)'); } }[name]);
  }
  method(Number.prototype, 'toLocaleString', function (locales, options) { return join(numberParts(numberOptions(locales, options).asked, this.valueOf())); });
  method(BigInt.prototype, 'toLocaleString', function (locales, options) { return join(numberParts(numberOptions(locales, options).asked, this.valueOf())); });
})
