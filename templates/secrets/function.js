/**
 * Secrets: uses a value that does not belong into the code.
 *
 * The value is an environment variable of the deployment, read from process.env. It is set beside the code, not in
 * it, and a change of it needs a new deployment. Whoever may edit the function may read its environment: use keys
 * that are made for this one purpose and that can be replaced.
 *
 * Whatever you do with the key, never return it and never log it, not even to say that it was wrong.
 *
 * Here it guards a function that others call over HTTP: they send it in the header "x-access-key".
 */
async function lambda(input) {
  const expected = process.env.ACCESS_KEY;
  if (!expected) {
    return { ok: false, hint: "Set the environment variable ACCESS_KEY of this function and deploy it again." };
  }

  const header = input.headers.find(({ key }) => key.toLowerCase() === "x-access-key");
  if (header === undefined || !sameText(header.value, expected)) {
    console.warn("refused a caller without the right key");
    return { ok: false, hint: "Send the right key in the header x-access-key." };
  }

  return { ok: true, text: `Accepted: ${input.payload?.text ?? ""}` };
}

/** Compares every character whatever the first difference, so that the time it takes tells nothing about the key. */
function sameText(given, expected) {
  let difference = given.length ^ expected.length;
  for (let i = 0; i < expected.length; i += 1) {
    difference |= (given.charCodeAt(i) || 0) ^ expected.charCodeAt(i);
  }
  return difference === 0;
}
