const started = Date.now();
const day = new Date(started).toISOString().slice(0, 10);
const salt = Math.random();
const LIMITS = process.env.LIMITS.split("|").map(Number);

function lambda(input, callback) {
  const age = Date.now() - started;
  callback(null, {
    fresh: age >= 0 && age < 60000,
    today: day === new Date().toISOString().slice(0, 10),
    random: salt >= 0 && salt < 1,
    limits: LIMITS, sum: LIMITS.reduce((a, b) => a + b),
  });
}
