const _ = require('lodash');
const { Duration, Interval, DateTime } = require('luxon');

async function lambda(input, callback) {
  const waits = _.map(_.filter(input.payload.samples, _.isFinite), Number);
  const median = _.nth(_.sortBy(waits), Math.floor(waits.length / 2));
  const d = Duration.fromMillis(median).shiftTo('minutes', 'seconds');
  const shift = Interval.fromDateTimes(DateTime.fromISO('2026-03-03T08:00', { zone: 'America/New_York' }), DateTime.fromISO('2026-03-03T16:30', { zone: 'America/New_York' }));
  const rest = shift.contains(DateTime.fromMillis(input.timestamp)) ? shift.end.diff(DateTime.fromMillis(input.timestamp)).toFormat('h:mm') : null;
  callback(null, { human: d.toFormat("m 'min' ss 's'"), iso: d.toISO(), rest, stats: _.countBy(waits, (w) => (w > median ? 'above' : 'below')) });
}
