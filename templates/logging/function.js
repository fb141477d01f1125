/**
 * Logging: what console can do, and what is worth writing down.
 *
 * The first argument is the message, everything after it is kept as data next to it. At most 1,000 entries and
 * 256 KiB are kept per invocation; a visible mark says when something was left out. Never log what a person wrote,
 * a secret or a whole payload: logs are read by more people than conversations are.
 */
function lambda(input, callback) {
  const { orderId, items = [] } = input.payload ?? {};
  console.debug("started", { items: items.length });

  if (typeof orderId !== "string" || items.length === 0) {
    console.error("not an order", { hasId: typeof orderId === "string", items: items.length });
    callback(new Error("expected an orderId and at least one item")); // the invocation failed, with this message
    return;
  }

  let total = 0;
  for (const { sku, quantity, price } of items) {
    if (quantity > 100) {
      console.warn("an unusually large quantity", { sku, quantity });
    }
    total += quantity * price;
  }

  console.info("order counted", { orderId, total });
  callback(null, { orderId, total });
}
