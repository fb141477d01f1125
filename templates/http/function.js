/**
 * HTTP: fetches JSON from another system.
 *
 * Payload: { "url": "https://api.example.com/orders/1029" }. The host must be named twice: here, so that a caller cannot send the
 * function anywhere else, and in the account's domain allow-list, without which the platform refuses the call.
 *
 * A function may run more than once for one trigger. Calls that change something should carry a key of the
 * request, such as an order number, by which the other side recognises a repetition.
 */
const ALLOWED_HOSTS = ["api.example.com"];
const TIMEOUT_MS = 5000;

async function lambda(input) {
  const address = input.payload?.url;
  if (typeof address !== "string") {
    return failure("no-url", `Give a "url" in the payload. Its host must be in ALLOWED_HOSTS and in the domain allow-list of the account.`);
  }

  let url;
  try {
    url = new URL(address);
  } catch {
    return failure("bad-url", `"${address}" is not an absolute URL.`);
  }
  if (url.protocol !== "https:" || !ALLOWED_HOSTS.includes(url.hostname)) {
    return failure("host-not-allowed", `Only https and these hosts: ${ALLOWED_HOSTS.join(", ")}.`);
  }

  try {
    const response = await fetch(url, {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) {
      console.warn("unexpected status", response.status, { host: url.hostname });
      return failure("status", `${url.hostname} answered ${response.status}.`);
    }
    return { ok: true, data: await response.json() };
  } catch (error) {
    // Time limit, refused by the allow-list, no connection, or no JSON.
    console.error("the call failed", { host: url.hostname, name: error.name, message: error.message });
    const late = error.name === "TimeoutError" || error.name === "AbortError";
    return failure(late ? "timeout" : "unreachable", `${url.hostname} could not be asked: ${error.message}`);
  }
}

function failure(reason, hint) {
  return { ok: false, reason, hint };
}
