/**
 * Greeting: a function without an event. Call it by its name, over HTTP or with `convoke function invoke`.
 *
 * This is the second form of a function: what it returns is the answer, what it throws is the failure.
 */
const HELLO = { de: "Hallo", en: "Hello", es: "Hola", fr: "Bonjour", it: "Ciao" };

async function lambda(input) {
  const { name = "stranger", language = "en" } = input.payload ?? {};
  const [primary] = language.toLowerCase().split("-");

  return { text: `${HELLO[primary] ?? HELLO.en}, ${name}!` };
}
