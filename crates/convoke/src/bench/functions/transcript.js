// Reads a transcript, masks card numbers, formats times: what a summarising function does.
const CARD = /\b(?:\d[ -]?){12,15}\d\b/g;
const two = (number) => String(number).padStart(2, '0');

function time(ms) {
  const date = new Date(ms);
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

function answer(input) {
  let masked = 0;
  const lines = input.payload.lines
    .filter((line) => line.text.length > 0)
    .map((line, index) => {
      const text = line.text.replace(CARD, (card) => {
        masked += 1;
        return '*'.repeat(card.length - 4) + card.slice(-4);
      });
      return `[${time(line.at)}] #${index} ${line.from}: ${text}`;
    });
  return [{ type: 'systemMessage', text: lines.join('\n') }, { type: 'note', masked }];
}
