// Masks card numbers before the vendor sees them.
const CARD = /\b(?:\d[ -]*?){13,16}\b/g;

const luhn = (digits) => [...digits].reverse().reduce((sum, d, i) => sum + (i % 2 ? [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][d] : +d), 0) % 10 === 0;

function lambda(input, callback) {
  const { payload } = input;
  let masked = 0;
  payload.queryInput.text.text = payload.queryInput.text.text.replace(CARD, (hit) => {
    const digits = hit.replace(/\D/g, "");
    if (!luhn(digits)) return hit;
    masked++;
    return digits.replace(/\d(?=\d{4})/g, "•");
  });
  if (masked) console.warn("masked %d card number(s)", masked);
  callback(null, payload);
}
