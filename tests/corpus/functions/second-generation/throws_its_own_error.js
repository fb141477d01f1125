import { Toolbelt, SecretError } from "core-functions-toolbelt";

class OutOfStockError extends Error {
  constructor(sku) {
    super(`${sku} is out of stock`);
    this.name = "OutOfStockError";
    this.sku = sku;
  }
}

async function lambda({ payload, headers }) {
  try {
    await Toolbelt.SecretClient().readSecret("nothing_like_it");
  } catch (e) {
    console.error(e instanceof SecretError, e.code);
  }
  for (const { sku, count } of payload.items) {
    if (count === 0) throw new OutOfStockError(sku);
  }
  return headers.length;
}
