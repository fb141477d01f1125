// Event: none, called over HTTP      Payload: { "orderId": "A-1029" }
//
// Asks the shop for the state of an order and says it in one sentence. Whatever happens, the caller gets a sentence.
//
// Environment: SHOP_URL, for example "https://shop.example.com/api"; its host must be in the allow-list

const SHOP_URL = process.env.SHOP_URL || "";
const SENTENCES = {
  paid: "We have your payment and are packing your order.",
  sent: "Your order is on its way.",
  delivered: "Your order has been delivered.",
};
const FALLBACK = "We cannot look up your order right now. An agent will do it for you.";

async function lambda(input) {
  const { orderId } = input.payload || {};
  if (!/^[A-Z]-\d{1,8}$/.test(orderId || "")) {
    return { text: "Please give the order number as on your receipt, for example A-1029." };
  }
  if (SHOP_URL === "") {
    console.error("SHOP_URL is not set");
    return { text: FALLBACK };
  }

  try {
    const response = await fetch(`${SHOP_URL}/orders/${encodeURIComponent(orderId)}`, { signal: AbortSignal.timeout(4000) });
    if (response.status === 404) {
      return { text: `We do not know an order ${orderId}. Is there a typing mistake?` };
    }
    const { state } = await response.json();
    return { text: SENTENCES[state] || FALLBACK };
  } catch (error) {
    console.error("shop not reached", { orderId, name: error.name });
    return { text: FALLBACK };
  }
}
